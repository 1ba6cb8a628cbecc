// The keys of the viewer. They work wherever the page has the focus, but not while a person writes or a control needs them.

const WRITES = 'textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio]):not([type=range])';

export function wireKeys(viewer, more) {
  const {root} = viewer;
  const acts = {
    f: () => viewer.setZoom('fit'), 0: () => viewer.setZoom('fit'),
    1: () => viewer.setZoom('1'), 2: () => viewer.setZoom('2'),
    '+': () => viewer.zoomBy(1.25), '=': () => viewer.zoomBy(1.25), '-': () => viewer.zoomBy(0.8),
    s: () => viewer.setMode('slider'), d: () => viewer.setMode('sides'), r: () => viewer.setMode('after'),
    c: () => viewer.toggleClipping(), ...more,
  };
  const shift = {ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80]};
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !root.offsetParent || event.target.closest?.(WRITES)) return;
    const {key} = event;
    if (key === 'o' && !event.repeat) viewer.hold(true);
    const onPicture = event.target.closest?.('.desk-canvas');
    if (onPicture && shift[key]) {
      viewer.pan(...shift[key]);
      event.preventDefault();
    } else if (Object.hasOwn(acts, key)) {
      acts[key]();
      event.preventDefault();
    }
  });
  addEventListener('keyup', (event) => event.key === 'o' && viewer.hold(false));
  addEventListener('blur', () => viewer.hold(false));
}
