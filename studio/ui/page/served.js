// Scripts that the server keeps in files of their own: the viewer and the library below it, which comes first.
(() => {
  const served = (name, attributes) => {
    const script = window.reswdMake('script', {src: window.reswdDeskAddress(`scripts/${name}`), async: false, ...attributes});
    document.head.append(script);
    return script;
  };
  served('openseadragon.min.js').addEventListener('load', () => served('desk.js', {type: 'module'}));
})();
