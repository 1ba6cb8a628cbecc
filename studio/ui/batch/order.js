// Pictures that are chosen or dropped together are sent in the order in which people count: 2.jpg before 10.jpg.
(() => {
  const order = new Intl.Collator(undefined, {numeric: true, sensitivity: 'base'});
  const place = (event) => event.target.closest?.('#batch-files, #batch-folder, #batch-references');
  const inOrder = (files) => {
    const all = new DataTransfer();
    for (const file of [...files].sort((one, other) => order.compare(one.name, other.name))) all.items.add(file);
    return all;
  };
  addEventListener('change', (event) => {
    if (event.target.type === 'file' && place(event)) event.target.files = inOrder(event.target.files).files;
  }, true);
  addEventListener('drop', (event) => {
    if (event.dataTransfer?.files.length > 1 && place(event))
      Object.defineProperty(event, 'dataTransfer', {value: inOrder(event.dataTransfer.files)});
  }, true);
})();
