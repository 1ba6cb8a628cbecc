// The sliders of frames. Arrow keys step by one frame as the browser has it; with Shift they step by ten here. What is typed is
// kept within the clip.
(() => {
  const slider = (event) => event.target.closest?.('#clip-frame, #clip-reference-frame');
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
    if (!place || event.target.type !== 'number') return;
    const input = event.target;
    if (input.value === '') return event.stopImmediatePropagation();  // it is being typed
    const most = Number(place.querySelector('input[type=range]').max);
    if (Number(input.value) > most) input.value = most;
  }, true);
})();
