// The places for pictures refuse whatever the browser does not call image/...: camera raw files, often HEIC. Let every
// file through to the server, which reads many of them and says of the others what to do.
(() => {
  const place = (event) => event.target.closest?.('#source, #reference, #guide-reference, #clip-reference');
  const pictures = (files) => {
    const all = new DataTransfer();
    for (const file of files) {
      const known = file.type.startsWith('image/');
      all.items.add(known ? file : new File([file], file.name, {type: 'image/unknown'}));
    }
    return all;
  };
  addEventListener('click', (event) => {
    if (event.target.type === 'file' && place(event)) event.target.removeAttribute('accept');
  }, true);
  addEventListener('change', (event) => {
    if (event.target.type === 'file' && place(event)) event.target.files = pictures(event.target.files).files;
  }, true);
  // A chosen folder: Gradio keeps of every path the last part only, so the path travels in the name.
  addEventListener('change', (event) => {
    if (event.target.type !== 'file' || !event.target.closest?.('#batch-folder')) return;
    const all = new DataTransfer();
    for (const file of event.target.files) {
      const path = file.webkitRelativePath.split('/').slice(1).join('∕') || file.name;
      all.items.add(new File([file], path, {type: file.type, lastModified: file.lastModified}));
    }
    event.target.files = all.files;
  }, true);
  // A dropped folder: the same, by way of the place's own input.
  const walk = async (entry, path, all) => {
    if (entry.isFile) {
      const file = await new Promise((done, fail) => entry.file(done, fail));
      all.items.add(new File([file], [...path, entry.name].join('∕'), {type: file.type, lastModified: file.lastModified}));
      return;
    }
    await walkAll(entry, [...path, entry.name], all);
  };
  const walkAll = async (folder, path, all) => {
    const reader = folder.createReader();
    for (;;) {  // a reader hands out a hundred at a time
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return;
      for (const one of some) await walk(one, path, all);
    }
  };
  addEventListener('drop', async (event) => {
    const place = event.target.closest?.('#batch-folder');
    const entries = place ? [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean) : [];
    const input = place?.querySelector('input[type=file]');
    if (!input || !entries.some((entry) => entry.isDirectory)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target.dispatchEvent(new DragEvent('dragleave', {bubbles: true}));
    const all = new DataTransfer();
    if (entries.length === 1) await walkAll(entries[0], [], all);  // as with a chosen folder, without its own name
    else for (const entry of entries) await walk(entry, [], all);
    input.files = all.files;
    input.dispatchEvent(new Event('change', {bubbles: true}));
  }, true);
  addEventListener('drop', (event) => {
    if (event.dataTransfer?.files.length && place(event))
      Object.defineProperty(event, 'dataTransfer', {value: pictures(event.dataTransfer.files)});
  }, true);
})();
