// What the scripts of several tabs have in common: parts of the page made in one line, and the address of the viewer's pieces.
(() => {
  window.reswdMake = (name, attributes = {}, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === false) continue;
      if (key in element && typeof value !== 'string') element[key] = value;
      else element.setAttribute(key, value === true ? '' : value);
    }
    element.append(...inside);
    return element;
  };
  // Below the address of the page itself, which a web server in front may have moved.
  window.reswdDeskAddress = (key) =>
    new URL(`desk/${key}`, location.href.replace(/[?#].*$/, '').replace(/\/?$/, '/')).href;
})();
