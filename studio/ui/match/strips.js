// The strips of the tab Match colours: what the history and Compare methods have in common.
window.reswdStrips = (() => {
  const make = window.reswdMake, address = window.reswdDeskAddress;
  // Draw a list anew without losing the focus: a part that stays is drawn into, not replaced.
  const draw = (list, items, keyOf, fill) => {
    const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
    items.forEach((item, at) => {
      const key = String(keyOf(item, at));
      const child = known.get(key) ?? make('li', {'data-key': key});
      known.delete(key);
      fill(child, item, at);
      if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null);
    });
    for (const child of known.values()) child.remove();
  };
  // Gradio's part that carries the news: whenever it has some, they are told; what is pressed goes the other way.
  const wire = (strip) => (props, watch, trigger) => {
    strip.press = (said) => trigger('click', said);
    const tell = () => props.value && strip.show(JSON.parse(props.value));
    watch('value', tell);
    tell();
  };
  return {make, address, draw, wire};
})();
