// Scripts that the server keeps in files of their own: the viewer and the library below it, which comes first.
(() => {
  const served = (name, attributes) => {
    const script = window.reswdMake('script', {src: window.reswdDeskAddress(`scripts/${name}`), async: false, ...attributes});
    document.head.append(script);
    return script;
  };
  // What the page asks of a viewer before its script is there is done as soon as it is.
  const waiting = [];
  const later = (name) => (...values) => new Promise((done) => {
    waiting.push(() => done(window.reswdDesk[name](...values)));
  });
  const asked = ['show', 'live', 'paint', 'pick', 'viewer'];
  window.reswdDesk = {moved: () => 0, ...Object.fromEntries(asked.map((name) => [name, later(name)]))};
  served('openseadragon.min.js').addEventListener('load', () => {
    served('desk.js', {type: 'module'}).addEventListener('load', () => waiting.forEach((act) => act()));
  });
})();
