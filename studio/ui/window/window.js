// The page in a window of its own (reswd desktop): the system's dialogues for folders and files, folders that are dropped onto the
// tab Batch, links to elsewhere. No page in a browser has this script.
window.reswdWindow = (() => {
  const ready = new Promise((done) => {
    if (window.pywebview?.api?.choose) done();
    else addEventListener('pywebviewready', done, {once: true});
  });
  const said = window.reswdMake('p', {class: 'window-said', role: 'status'});
  let soon;
  const say = (text) => {
    if (!said.isConnected) document.body.append(said);
    said.textContent = text;
    clearTimeout(soon);
    soon = setTimeout(() => { said.textContent = ''; }, 8000);
  };
  // The answer's path, or nothing: then the person left the dialogue, or is told what is wrong.
  const ask = async (name, ...values) => {
    await ready;
    const answer = await window.pywebview.api[name](...values).catch(() => null) ?? {};
    if (answer.problem) say(answer.problem);
    return answer.path;
  };

  // Links: a file of the app is saved, another page opens in the browser.
  const save = async (address, name) => {
    const path = await ask('save', address, name);
    if (path) say(`Saved: ${path}`);
  };
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (!link || !/^(https?|mailto):/.test(link.href)) return;
    const ours = link.origin === location.origin;
    if (ours && !link.hasAttribute('download')) return;
    event.preventDefault();
    if (ours) save(link.href, link.download || link.pathname.split('/').pop());
    else ask('outside', link.href);
  }, true);

  // Drops: a folder goes to the tab Batch by its path; pictures go where they always go; nothing else leads the page away.
  let taken = null;
  const tab = () => document.querySelector('#batch-kind');
  const isOpen = () => Boolean(tab()?.offsetParent);
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  const folderIn = ({dataTransfer}) => [...dataTransfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
  addEventListener('dragover', (event) => {
    if (hasFiles(event) && isOpen()) event.preventDefault();
  }, true);
  addEventListener('drop', async (event) => {
    if (!hasFiles(event)) return;
    const wanted = isOpen() && folderIn(event);
    if (wanted) {
      event.preventDefault();
      event.stopImmediatePropagation();
      event.target.dispatchEvent(new DragEvent('dragleave', {bubbles: true}));
    }
    const forResults = Boolean(event.target.closest?.('#batch-results, #batch-choose-results'));
    window.chrome?.webview?.postMessageWithAdditionalObjects?.('FilesDropped', event.dataTransfer.files);
    const path = await ask('dropped', wanted);
    if (!path) return;
    taken = {path, forResults};
    document.querySelector('#batch-taken')?.click();
  }, true);
  for (const kind of ['dragover', 'drop']) addEventListener(kind, (event) => {
    if (hasFiles(event)) event.preventDefault();
  });

  return {
    // Called by the buttons of the tab Batch: what stands in their box.
    choose: async (now) => await ask('choose') ?? now,
    // Called once a folder was dropped: where pictures come from, and both boxes.
    take: (kind, here, results, ours) => {
      if (!taken) return [kind, here, results];
      const {path, forResults} = taken;
      taken = null;
      return forResults ? [ours, here, path] : [ours, path, results];
    },
  };
})();
