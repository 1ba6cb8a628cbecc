// What the scripts of several tabs have in common: parts of the page made in one line and brought into sight, and the address of
// the viewer's pieces.
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
  // Bring a part of the page into sight; at once for a person who asked for less motion.
  window.reswdBring = (element, block) => {
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    element?.scrollIntoView({behavior, block});
  };
  // The address that the server knows the app by, without a slash at its end: the page's own may have one, or lack one. The host
  // is the one that the page was called by, which a web server in front may know better.
  window.reswdRoot = () =>
    location.origin + new URL(window.gradio_config?.root || '/', location.href).pathname.replace(/\/$/, '');
  window.reswdDeskAddress = (key) => `${window.reswdRoot()}/desk/${key}`;
})();
