// Gradio leaves some parts without a name of their own, or gives two the same one: an upload says "Click to upload" whatever
// it is for, a tile "Thumbnail 2 of 6", a group of radio buttons nothing. Each is named from outside, as it appears.
(() => {
  let made = 0;
  const id = (node) => node.id || (node.id = `named-${++made}`);
  const named = (node, ...by) => {
    const ids = by.filter(Boolean).map(id).join(' ');
    if (ids && node.getAttribute('aria-labelledby') !== ids) node.setAttribute('aria-labelledby', ids);
  };
  const set = (node, name, value) => {
    if (node && node.getAttribute(name) !== value) node.setAttribute(name, value);
  };

  // A place for files: its label goes before the words in it, and behind those of its buttons ("Clear Source").
  const place = (block) => {
    const label = block.querySelector(':scope > label[data-testid=block-label]');
    const said = label?.textContent.trim();
    if (!said) return;
    for (const button of block.querySelectorAll('button[aria-label]:not(.thumbnail-item)')) {
      const words = button.querySelector('[data-testid=upload-text]');
      const file = button.closest('tr')?.querySelector('.filename');
      if (words) named(button, label, words);
      else named(button, button, file ?? label);
      unnest(button);
    }
    for (const input of block.querySelectorAll('input[type=file]')) set(input, 'aria-label', said);
    for (const image of block.querySelectorAll('[data-testid=image] img, .image-frame img'))
      if (!image.alt) image.alt = said;
  };

  // Once files are chosen, the button for more lies within another one, which does nothing.
  const unnest = (button) => {
    if (!button.querySelector('button')) return;
    set(button, 'role', 'group');
    set(button, 'tabindex', '-1');
  };

  const reset = (button) => named(button, button, button.closest('.block').querySelector('[data-testid=block-info]'));

  const tile = (button) => {
    const caption = button.querySelector('.caption-label');
    if (!caption) return;
    named(button, caption);
    const image = button.querySelector('img');
    if (image && image.alt === caption.textContent) image.alt = '';
  };

  // Radio buttons of one question have one name, so that Tab stops at them once and the arrows choose.
  const question = (fieldset) => {
    named(fieldset, fieldset.querySelector('[data-testid=block-info]'));
    const radios = [...fieldset.querySelectorAll('input[type=radio]')];
    if (!radios.length) return;
    set(fieldset, 'role', 'radiogroup');
    for (const radio of radios) if (radio.name !== radios[0].name) radio.name = radios[0].name;
  };

  const opened = (button) => {
    set(button, 'aria-expanded', String(button.classList.contains('open')));
    set(button.querySelector('.icon'), 'aria-hidden', 'true');
  };
  const turned = new MutationObserver((all) => all.forEach((one) => opened(one.target)));
  const seen = new WeakSet();
  const accordion = (button) => {
    opened(button);
    if (seen.has(button)) return;
    seen.add(button);
    turned.observe(button, {attributes: true, attributeFilter: ['class']});
  };

  // An open list that scrolls would take the focus from the field on Tab, and is gone the moment after, focus and all.
  const list = (options) => set(options, 'tabindex', '-1');

  // On Tab, Gradio closes the list of a field and opens it again, and it stays over whatever is below.
  addEventListener('keydown', (event) => {
    if (event.key === 'Tab' && event.target.matches?.('input[role=combobox]')) event.stopPropagation();
  }, true);

  // A message is new where it appears, which few screen readers say: it is said by a line that is always there.
  let line;
  const told = new WeakMap();
  const tell = (message) => {
    const text = message.textContent.trim();
    if (!text || told.get(message) === text || !message.offsetParent) return;
    told.set(message, text);
    // One that begins at the lower edge of the window comes into it whole; one further away leaves the page where it is.
    const box = message.getBoundingClientRect();
    if (box.top < innerHeight + 60 && box.bottom > innerHeight) message.scrollIntoView({block: 'nearest'});
    line.textContent = '';
    setTimeout(() => (line.textContent = text), 50);
  };
  const speak = () => {
    line = document.createElement('div');
    line.id = 'spoken';
    line.setAttribute('role', 'status');
    line.setAttribute('aria-live', 'polite');
    document.body.append(line);
  };

  const EACH = [
    ['.block', place], ['button.thumbnail-item', tile], ['button.reset-button', reset], ['fieldset.block', question],
    ['.gr-accordion > button.label-wrap', accordion], ['p.message', tell],
  ];
  const all = () => EACH.forEach(([selector, name]) => document.querySelectorAll(selector).forEach(name));
  let due = false;
  const soon = () => {
    document.querySelectorAll('ul[role=listbox]').forEach(list);  // at once: the next key may be Tab
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
      all();
    }, 30);
  };
  const begin = () => {
    if (document.getElementById('spoken')) return;
    speak();
    all();
    new MutationObserver(soon).observe(document.body, {childList: true, subtree: true, characterData: true});
  };
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', begin);
  else begin();
})();
