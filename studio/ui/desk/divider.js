// The divider between before and after: dragged, or moved by keys.

export class Divider {
  constructor(element, onMove) {
    this.element = element;
    this.onMove = onMove;
    this.set(50);
    element.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      element.focus();
      element.setPointerCapture(event.pointerId);
      const room = element.parentElement.getBoundingClientRect();
      const move = (moved) => this.set(((moved.clientX - room.left) / room.width) * 100);
      element.addEventListener('pointermove', move);
      element.addEventListener('lostpointercapture', () => element.removeEventListener('pointermove', move), {once: true});
    });
    element.addEventListener('keydown', (event) => {
      const step = event.shiftKey ? 10 : 1;
      const to = {
        ArrowLeft: this.percent - step, ArrowDown: this.percent - step, ArrowRight: this.percent + step,
        ArrowUp: this.percent + step, PageDown: this.percent - 10, PageUp: this.percent + 10, Home: 0, End: 100,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.set(to);
    });
  }

  set(percent) {
    this.percent = Math.min(100, Math.max(0, percent));
    this.element.style.left = `${this.percent}%`;
    this.element.setAttribute('aria-valuenow', String(Math.round(this.percent)));
    this.element.setAttribute('aria-valuetext', `${Math.round(this.percent)} % before, the rest after`);
    this.onMove?.(this.percent / 100);
  }
}
