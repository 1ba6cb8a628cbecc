// Whoever moves a strength or a trim sees what it does: the viewer of that tab is pinned to the window from then on, also while it
// is pressed itself, until the focus or a press goes elsewhere.
(() => {
  const moves = '#strength, #clip-strength, .trims';
  const viewers = '#desk, #clip-desk';
  const tell = (event) => {
    const room = event.target.closest?.('.desk-room');
    if (room && event.target.closest(moves)) room.classList.add('is-trimming');
    else if (!room || !event.target.closest(viewers)) {
      for (const each of document.querySelectorAll('.is-trimming')) each.classList.remove('is-trimming');
    }
  };
  addEventListener('focusin', tell);
  addEventListener('pointerdown', tell);
})();
