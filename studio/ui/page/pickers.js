// Pickers of colours below a text box: what is changed on them is written into the box, whose change makes them anew.
(() => {
  let focused = null;
  const textOf = (pickers) => pickers.closest('.colors')?.querySelector('textarea, input[type=text]');
  const written = (pickers) => [...pickers.querySelectorAll('.swatch')].map((swatch) => {
    const [first, second] = swatch.querySelectorAll('input');
    if (pickers.dataset.kind === 'pairs') return `${first.value}=${second.value}`;
    const weight = Number(second.value) > 0 ? Number(second.value) : 1;
    return weight === 1 ? first.value : `${first.value}:${weight}`;
  }).join(', ');
  const write = (pickers, text) => {
    const box = textOf(pickers);
    if (!box || box.value === text) return;
    box.value = text;
    box.dispatchEvent(new Event('input', {bubbles: true}));
  };
  const remember = (pickers, input) => {
    focused = {room: pickers.closest('.colors'), name: input.getAttribute('aria-label')};
  };
  addEventListener('change', (event) => {
    const pickers = event.target.closest?.('.pickers');
    if (!pickers) return;
    remember(pickers, event.target);
    write(pickers, written(pickers));
  });
  addEventListener('click', (event) => {
    const button = event.target.closest?.('.pickers button');
    if (!button) return;
    const pickers = button.closest('.pickers');
    if (button.classList.contains('add')) write(pickers, [written(pickers), '#808080'].filter(Boolean).join(', '));
    else {
      button.closest('.swatch').remove();
      write(pickers, written(pickers));
    }
  });
  // The pickers were made anew: the focus stays where it was.
  new MutationObserver(() => {
    if (!focused?.room?.isConnected) return;
    const again = [...focused.room.querySelectorAll('.pickers input')].find(
      (input) => input.getAttribute('aria-label') === focused.name);
    if (again && document.activeElement === document.body) again.focus();
    if (again) focused = null;
  }).observe(document, {childList: true, subtree: true});

  // A colour that was picked in a picture, for a box of colours: the end of its text.
  window.reswdColors = {
    append(room, entry) {
      const box = document.querySelector(`${room} textarea, ${room} input[type=text]`);
      box.value = [box.value.trim().replace(/[,;]$/, ''), entry].filter(Boolean).join(', ');
      box.dispatchEvent(new Event('input', {bubbles: true}));
    },
  };
})();
