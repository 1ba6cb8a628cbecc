// Compare methods: a strip below the viewer with a tile for each way to match; a pressed one becomes the result.
(() => {
  const {make, address, draw, wire} = window.reswdStrips;
  const SAID = {waiting: 'waits', working: 'at work', done: ''};
  const strip = {press: () => {}};
  let closed = null;
  let state = null;

  const root = () => document.querySelector('#compared .compared');

  const fill = (item, tile, at) => {
    const made = `${state.number}-${tile.state}`;
    if (item.dataset.made !== made) {
      item.dataset.made = made;
      const picture = tile.state === 'done'
        ? make('img', {src: `${address(state.key)}/compared/${state.number}/${at}.jpg`, alt: `The result of ${tile.name}`})
        : make('span', {class: `strip-empty is-${tile.state}`});
      item.replaceChildren(make('button', {type: 'button', class: 'strip-show', 'data-index': String(at),
        disabled: tile.state !== 'done'}, picture, make('span', {class: 'strip-name'}, tile.name),
      make('span', {class: 'strip-how'}, tile.figures ?? SAID[tile.state])));
    }
    const button = item.firstChild;
    button.dataset.index = at;
    button.setAttribute('aria-pressed', String(tile.shown));
    const mark = button.querySelector('.strip-mark');
    if (tile.shown && !mark) button.append(make('span', {class: 'strip-mark'}, 'In the viewer'));
    if (!tile.shown) mark?.remove();
  };

  strip.show = (told) => {
    state = told;
    const {tiles, number} = state;
    root().hidden = !tiles.length || closed === number;
    draw(root().querySelector('.strip-list'), tiles, (tile) => tile.name, fill);
    const done = tiles.filter((tile) => tile.state === 'done').length;
    const working = tiles.find((tile) => tile.state === 'working');
    root().querySelector('.compared-said').textContent = working
      ? `${working.name} is at work: ${done} of ${tiles.length} done`
      : 'Press one to work on with it. The marked one is in the viewer.';
  };

  // The button was pressed: the strip will stand below the viewer, and both come into sight.
  strip.begin = () => {
    closed = null;
    strip.toViewer(false);
  };
  strip.toViewer = (withFocus = true) => {
    const desk = document.querySelector('#desk');
    window.reswdBring(desk, 'start');
    if (withFocus) desk?.querySelector('.desk-pane:not([hidden]) [role=img]')?.focus({preventScroll: true});
  };

  addEventListener('click', (event) => {
    const tile = event.target.closest?.('#compared [data-index]');
    if (tile && !tile.disabled) strip.press({index: Number(tile.dataset.index)});
    if (event.target.closest?.('#compared .compared-close')) {
      closed = state.number;
      root().hidden = true;
      document.querySelector('#compare')?.focus();
    }
  });

  strip.wire = wire(strip);
  window.reswdStrips.compared = strip;
})();
