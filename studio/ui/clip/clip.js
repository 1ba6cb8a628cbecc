// The sliders of frames. Arrow keys step by one frame as the browser has it; with Shift they step by ten here. What is typed is
// kept within the clip. Once nothing has moved for a moment, and no hand holds the slider, it counts as let go: the exact frame
// is then shown without loss, as after a drag.
(() => {
  const REST = 250;
  const timers = new WeakMap();
  let held = false;
  const slider = (event) => event.target.closest?.('#clip-frame, #clip-reference-frame');
  const range = (place) => place.querySelector('input[type=range]');
  const letGo = (place) => range(place)?.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
  addEventListener('pointerdown', (event) => { held = Boolean(slider(event)); }, true);
  addEventListener('pointerup', () => { held = false; }, true);
  addEventListener('pointercancel', () => { held = false; }, true);
  addEventListener('keydown', (event) => {
    const place = slider(event);
    const way = {ArrowLeft: -10, ArrowDown: -10, ArrowRight: 10, ArrowUp: 10}[event.key];
    if (!place || !way || !event.shiftKey || event.target.type !== 'range') return;
    event.preventDefault();
    const input = event.target;
    const next = Math.min(Number(input.max), Math.max(Number(input.min), Number(input.value) + way));
    if (next === Number(input.value)) return;
    input.value = next;
    input.dispatchEvent(new Event('input', {bubbles: true}));
  }, true);
  addEventListener('input', (event) => {
    const place = slider(event);
    if (!place) return;
    const input = event.target;
    if (input.type === 'number') {
      if (input.value === '') return event.stopImmediatePropagation();  // it is being typed
      const most = Number(range(place).max);
      if (Number(input.value) > most) input.value = most;
    }
    clearTimeout(timers.get(place));
    timers.set(place, setTimeout(() => held || letGo(place), REST));
  }, true);
})();
