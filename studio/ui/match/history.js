// The history of the visit: every match a small picture; undo and redo; two matches compared; what an earlier visit left.
(() => {
  const {make, address, draw, wire} = window.reswdStrips;
  const kept = window.reswdKept;
  const WRITES = 'textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio]):not([type=range])';
  const strip = {press: () => {}};
  let state = null;
  let stored = new Map();

  const root = () => document.querySelector('#history .history');
  const act = (name, number = null) => strip.press({act: name, number});

  const fill = (item, entry) => {
    const {number, version} = entry;
    const base = `${address(state.key)}/history/${number}`;
    if (item.dataset.version !== String(version)) {
      item.dataset.version = version;
      const focused = item.querySelector(':focus')?.dataset.act;
      item.replaceChildren(...card(entry, `${base}.jpg?v=${version}`), make('div', {class: 'strip-acts'},
        make('button', {type: 'button', 'data-act': 'pair', 'data-number': String(number)}),
        make('a', {href: `${base}.json`, download: entry.file, title: 'Settings file of this match',
          'aria-label': `Settings file: ${entry.title}`}, 'Settings'),
        make('button', {type: 'button', 'data-act': 'remove', 'data-number': String(number), title: 'Remove from the history',
          'aria-label': `Remove: ${entry.title}, ${entry.how}`}, '×')));
      if (focused) item.querySelector(`[data-act="${focused}"]`)?.focus();
    }
    const show = item.querySelector('.strip-show');
    const isShown = number === state.current;
    show.setAttribute('aria-pressed', String(isShown));
    show.querySelector('.strip-mark')?.remove();
    if (isShown) show.append(make('span', {class: 'strip-mark'}, state.pair === null ? 'In the viewer' : 'B'));
    const pair = item.querySelector('[data-act=pair]');
    const isPair = number === state.pair;
    pair.setAttribute('aria-pressed', String(isPair));
    pair.textContent = isPair ? 'A' : 'Compare';
    pair.title = isPair ? 'Stop comparing' : 'Compare with this: it stands left of the divider';
    pair.setAttribute('aria-label', `${isPair ? 'Stop comparing with' : 'Compare with'} this: ${entry.title}, ${entry.how}`);
  };

  const card = (entry, picture, isKept = false) => {
    const image = make('img', {src: picture, alt: entry.title, loading: 'lazy'});
    const said = [make('span', {class: 'strip-name'}, entry.reference), make('span', {class: 'strip-how'}, entry.how)];
    if (isKept) return [make('div', {class: 'strip-show'}, image, ...said)];
    return [make('button', {type: 'button', class: 'strip-show', 'data-act': 'show', 'data-number': String(entry.number),
      title: `${entry.title}: ${entry.how}`}, image, ...said)];
  };

  // While two matches are compared, the viewer's own buttons say which is which.
  const nameViewer = () => {
    const desk = document.querySelector('#desk .desk');
    if (!desk) return;
    const two = state.pair !== null && state.current !== null;
    const names = two ? ['A', 'B', 'Hold for A'] : ['Source', 'Result', 'Hold for source'];
    const buttons = ['[data-mode=before]', '[data-mode=after]', '.desk-hold'].map((each) => desk.querySelector(each));
    buttons.forEach((button, at) => button && (button.textContent = names[at]));
  };

  const sayPair = () => {
    const a = state.entries.find((entry) => entry.number === state.pair);
    const two = Boolean(a) && state.current !== null;
    root().querySelector('.history-pair').textContent = two
      ? 'A is left of the divider, B right of it. Press another match to have it as B.' : '';
    root().querySelector('.history-unpair').hidden = !two;
  };

  // The browser keeps of every match what it can show without the server.
  const keep = async () => {
    const {key, entries} = state;
    for (const entry of entries) {
      const id = `${key}/${entry.number}`;
      if (stored.get(id) === entry.version) continue;
      stored.set(id, entry.version);
      const base = `${address(key)}/history/${entry.number}`;
      const answers = await Promise.all([fetch(`${base}.jpg?v=${entry.version}`), fetch(`${base}.json`)]).catch(() => []);
      if (answers.length < 2 || answers.some((answer) => !answer.ok)) continue;
      const {title, reference, how, file} = entry;
      const [picture, settings] = [await answers[0].blob(), await answers[1].text()];
      await kept.put({id, key, at: Date.now() + entry.number / 1000, title, reference, how, file, picture, settings});
    }
    for (const one of await kept.all()) {
      const number = Number(one.id.split('/').pop());
      if (one.key === key && state.key === key && !state.entries.some((entry) => entry.number === number)) {
        stored.delete(one.id);
        await kept.remove(one.id);
      }
    }
  };
  let keeping = Promise.resolve();
  let soon = 0;

  const showKept = async () => {
    const gone = new Set(state.gone);
    const matches = (await kept.all()).filter((one) => gone.has(one.key));
    const place = root().querySelector('.history-kept');
    place.hidden = !matches.length;
    draw(place.querySelector('ol'), matches, (one) => one.id, (item, one) => {
      if (item.children.length) return;
      const settings = URL.createObjectURL(new Blob([one.settings], {type: 'application/json'}));
      const away = make('button', {type: 'button', title: 'Remove', 'aria-label': `Remove: ${one.title}`}, '×');
      away.addEventListener('click', async () => {
        await kept.remove(one.id);
        await showKept();
        seen();
      });
      item.replaceChildren(...card(one, one.picture ? URL.createObjectURL(one.picture) : '', true),
        make('div', {class: 'strip-acts'}, make('a', {href: settings, download: one.file,
          'aria-label': `Settings file: ${one.title}`}, 'Settings'), away));
    });
    kept.forget([...gone].filter((key) => !matches.some((one) => one.key === key)));
    seen();
  };
  const seen = () => {
    root().hidden = !state.entries.length && root().querySelector('.history-kept').hidden;
  };

  strip.show = (told) => {
    const before = state;
    state = told.gone.length || !before ? told : {...told, gone: before.gone};
    kept.remember(state.key, state.used);
    draw(root().querySelector('.strip-list'), state.entries, (entry) => entry.number, fill);
    for (const name of ['undo', 'redo']) root().querySelector(`[data-act=${name}]`).disabled = !state[name];
    sayPair();
    nameViewer();
    seen();
    if (before && before.current !== state.current) root().querySelector('.strip-list').scrollTo({left: 0});
    if (told.gone.length) showKept();
    clearTimeout(soon);  // a slider that rests often need not send its settings each time
    soon = setTimeout(() => (keeping = keeping.then(keep).catch(() => {})), 1200);
  };

  addEventListener('click', (event) => {
    const pressed = event.target.closest?.('#history [data-act]');
    if (!pressed || pressed.disabled) return;
    const {act: name, number} = pressed.dataset;
    if (name === 'remove') {
      const item = pressed.closest('li');
      (item.nextElementSibling ?? item.previousElementSibling)?.querySelector('.strip-show')?.focus();
    }
    act(name, number === undefined ? null : Number(number));
  });
  addEventListener('keydown', (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key)) return;
    if (!state || event.target.closest?.(WRITES) || !document.querySelector('#desk .desk')?.offsetParent) return;
    const name = key === 'y' || event.shiftKey ? 'redo' : 'undo';
    event.preventDefault();
    if (state[name]) act(name);
  });

  strip.wire = wire(strip);
  strip.keys = () => JSON.stringify(kept.keys());
  window.reswdStrips.history = strip;
})();
