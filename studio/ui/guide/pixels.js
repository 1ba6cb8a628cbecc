// Small pictures are seen pixel by pixel: each pixel is as many of the screen's, a whole number, on both sides. The line below
// a picture says how large it is and how it is shown.
(() => {
  const PICTURES = '#guide-pictures img, #guide-so-far .exact img, #guide-visit img';
  const BOXES = '.thumbnail-item, .so-far, .block';
  const seen = new WeakSet();
  const sizes = new ResizeObserver((all) => all.forEach((one) => one.target.querySelectorAll(PICTURES).forEach(fit)));

  const fit = (image) => {
    const box = image.closest(BOXES);
    if (!box || !image.naturalWidth) return;
    if (!seen.has(box)) {
      seen.add(box);
      sizes.observe(box);
    }
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const caption = box.querySelector('.caption-label')?.offsetHeight ?? 0;
    const room = Math.min(box.clientWidth / width, (box.clientHeight - caption) / height);
    if (room <= 0) return;
    const times = Math.floor(room * devicePixelRatio);
    const exact = times >= 1;
    image.classList.toggle('by-pixel', exact);
    for (const [side, pixels] of [['width', width], ['height', height]]) {
      if (exact) image.style.setProperty(side, `${(times * pixels) / devicePixelRatio}px`, 'important');
      else image.style.removeProperty(side);
    }
    const line = image.closest('#guide-pictures .column')?.querySelector('.shown-size');
    const how = times === 1 ? 'pixel for pixel' : exact ? `${times} times as large` : `at ${Math.round(100 * Math.min(1, room * devicePixelRatio))} %`;
    if (line) line.textContent = `${width} × ${height} pixels, shown ${how}`;
  };

  document.addEventListener('load', (event) => {
    if (event.target.matches?.(PICTURES)) fit(event.target);
  }, true);
})();
