// The large view of the contact sheet: one picture before and after, to be compared by a divider or by holding a key or a
// button, with its strength and its place among the results. Arrow keys lead to the next one, Esc back to the sheet.
window.reswdLarge = (sheet) => {
  const make = window.reswdMake;
  const button = (text, press, attributes = {}) => {
    const made = make('button', {type: 'button', ...attributes}, text);
    if (press) made.addEventListener('click', press);
    return made;
  };
  const title = make('h2', {id: 'batch-large-title'}), where = make('span', {class: 'where'});
  const after = make('img', {class: 'after'}), before = make('img', {class: 'before'});
  const divider = make('input', {type: 'range', min: '0', max: '100', value: '50', step: '1', class: 'divider',
    'aria-label': 'Divider: before on the left, after on the right'});
  const said = make('p', {class: 'large-said', role: 'status'});
  const stage = make('div', {class: 'stage'}, after, before, divider);
  const hold = button('Hold for before (B)', null, {class: 'hold'});
  const strength = make('input', {type: 'number', min: '0', max: '4', step: '0.05', id: 'batch-large-strength'});
  const redo = button('Do again', () => again()), drop = button('Leave out', () => sheet.leaveOut(index));
  const previous = button('‹ Previous', () => step(-1)), next = button('Next ›', () => step(1));
  const dialog = make('dialog', {class: 'batch-large', 'aria-labelledby': 'batch-large-title'},
    make('header', {}, title, where, button('✕', () => dialog.close(), {class: 'close', 'aria-label': 'Close'})),
    stage, said,
    make('footer', {}, previous, next, hold,
      make('span', {class: 'own'}, make('label', {for: 'batch-large-strength'}, 'Strength'), strength, redo), drop));
  sheet.root.append(dialog);

  let index = -1;  // of the picture that is open
  let asked = '';  // what was asked of the server last
  let soon;  // when it is asked
  let place = 0;  // where the picture is among those that the sheet shows

  const tile = () => sheet.tile(index);
  const key = () => `${index} ${tile()?.status} ${tile()?.after}`;

  const show = () => {
    const known = tile(), name = known?.name ?? `picture ${index + 1}`, {length} = sheet.shown;
    title.textContent = name;
    where.textContent = `${place + 1} of ${length}`;
    previous.disabled = place <= 0;
    next.disabled = place >= length - 1;
    const out = sheet.value.states[index] === 'o', idle = !sheet.value.busy && sheet.value.able;
    drop.textContent = out ? 'Take back' : 'Leave out';
    redo.disabled = !idle || out;
    strength.disabled = redo.disabled;
    before.alt = `before: ${name}`;
    after.alt = `after: ${name}`;
  };

  // The small pictures stand in until the large ones are there.
  const load = () => {
    const known = tile();
    if (!known || asked === key()) return;
    asked = key();
    place = Math.max(0, sheet.shown.indexOf(index));
    const picture = (image, file) => { image.hidden = !file; if (file) image.src = sheet.file(file); };
    picture(before, known.before);
    picture(after, known.after);
    compare();
    if (document.activeElement !== strength) strength.value = known.strength ?? sheet.value.strength;
    said.textContent = known.status === 'failed' ? known.message : known.status === 'done' ? 'Loading…' : 'Not done yet.';
    clearTimeout(soon);  // of pictures that are only passed, none is asked for
    soon = setTimeout(() => { if (dialog.open) sheet.trigger('select', {index, after_of: asked}); }, 120);
    show();
  };

  const compare = () => {
    const share = stage.classList.contains('held') || after.hidden ? 100 : Number(divider.value);
    before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    divider.hidden = after.hidden;
    hold.disabled = after.hidden;
  };
  const held = (is) => { stage.classList.toggle('held', is); hold.setAttribute('aria-pressed', `${is}`); compare(); };

  const step = (by) => {
    const wanted = sheet.shown.indexOf(index) < 0 ? place : place + by;  // it may have left those that are shown
    if (wanted < 0 || wanted >= sheet.shown.length) return;
    index = sheet.shown[wanted];
    place = wanted;
    sheet.active = place;
    asked = '';
    load();
    show();
  };

  const again = () => {
    const wanted = Number(strength.value);
    if (strength.value === '' || !(wanted >= 0 && wanted <= 4)) {
      said.textContent = `The strength is ${strength.value || 'empty'}: give a number from 0 to 4.`;
      return strength.focus();
    }
    said.textContent = `Grading at strength ${wanted}…`;
    sheet.trigger('submit', {index, strength: wanted});
  };

  divider.addEventListener('input', compare);
  hold.addEventListener('pointerdown', () => held(true));
  for (const end of ['pointerup', 'pointerleave', 'pointercancel', 'blur']) hold.addEventListener(end, () => held(false));
  hold.addEventListener('keydown', (event) => { if (event.key === ' ' || event.key === 'Enter') held(true); });
  hold.addEventListener('keyup', () => held(false));
  strength.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !redo.disabled) again(); });
  dialog.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target === strength) return;
    if (event.key.toLowerCase() === 'b' && !hold.disabled) held(true);
    if (event.target === divider && event.key !== 'PageDown' && event.key !== 'PageUp') return;
    const by = {ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1}[event.key];
    if (by) { event.preventDefault(); step(by); }
  });
  dialog.addEventListener('keyup', (event) => { if (event.key.toLowerCase() === 'b') held(false); });
  dialog.addEventListener('close', () => {
    const at = sheet.shown.indexOf(index);
    index = -1;
    held(false);
    if (sheet.shown.length) sheet.focus(at < 0 ? Math.min(place, sheet.shown.length - 1) : at);
  });

  return {
    open(wanted) {
      index = wanted;
      asked = '';
      place = Math.max(0, sheet.shown.indexOf(index));
      divider.value = '50';
      dialog.showModal();
      next.focus();
      load();
      show();
    },
    close() { if (dialog.open) dialog.close(); },
    // Something on the sheet has changed.
    update() {
      if (index < 0 || !dialog.open) return;
      load();
      show();
    },
    // The server has made the large pictures.
    arrived(large) {
      if (!large || index < 0 || large.after_of !== asked) return;
      if (large.problem) { said.textContent = tile()?.message || large.problem; return; }
      before.src = window.reswdAddress(large.before);
      before.hidden = false;
      after.hidden = !large.after;
      if (large.after) after.src = window.reswdAddress(large.after);
      const figures = tile()?.figures;
      if (said.textContent === 'Loading…') said.textContent = figures
        ? `Distance to the colours of the reference: ${figures[0].toFixed(1)} before, ${figures[1].toFixed(1)} after. `
          + 'It says how alike the colours are, not which picture is better.'
        : '';
      compare();
    },
  };
};
