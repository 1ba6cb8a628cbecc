// Where the focus goes while a run goes on: to its Stop, since the button that began it is off; and back once the run is over.
(() => {
  let last = null;   // the button that has the focus, or had it until it was switched off
  let begun = null;  // the one that the focus came from
  const isStop = (element) => element.matches?.('button.stop');
  const isLost = () => !document.activeElement || document.activeElement === document.body || document.activeElement.disabled;
  const startOf = (stop) => stop.closest('.run-row').querySelector('button:not(.stop)');
  addEventListener('focusin', (event) => {
    if (!isStop(event.target)) last = event.target.closest('button');
  });
  addEventListener('pointerdown', (event) => {
    if (!event.target.closest('button')) last = begun = null;  // the person went elsewhere
  });
  // A key that is held down must not end what it began.
  addEventListener('keydown', (event) => {
    if (event.repeat && isStop(event.target)) event.preventDefault();
  }, true);

  const began = (stop) => {
    if (!last?.disabled || !isLost()) return;
    begun = last;
    stop.focus({preventScroll: true});
  };
  const ended = (stop) => {
    if (document.activeElement !== stop && !(begun && isLost())) return;
    const back = begun && !begun.disabled && begun.offsetParent ? begun : startOf(stop);
    begun = null;
    if (!back.disabled) back.focus({preventScroll: true});
  };
  new MutationObserver((changes) => {
    const stops = new Set(changes.map(({target}) => target).filter(isStop));
    // The page sets one button after the other.
    if (stops.size) requestAnimationFrame(() => stops.forEach((stop) => (stop.disabled ? ended : began)(stop)));
  }).observe(document, {attributes: true, attributeFilter: ['disabled'], subtree: true});
})();
