// An eyedropper on the viewer: the next press on a picture gives its colour.

export class Dropper {
  constructor(viewer) {
    this.viewer = viewer;
    this.line = viewer.root.querySelector('.desk-asks');
  }

  // Ask for a colour of the source or the reference; null where the person thinks better of it.
  async ask(role, words) {
    this.end?.(null);
    const {viewer} = this;
    if (!viewer.state?.chosen?.[role]) return null;
    await viewer.setPainting(role);
    window.reswdBring(viewer.root, 'start');
    const pane = viewer.first;
    const cover = Object.assign(document.createElement('div'), {className: 'desk-mask', tabIndex: 0});
    cover.setAttribute('role', 'application');
    cover.setAttribute('aria-label', `${words} Arrow keys move the cross, Enter takes the colour, Escape ends.`);
    const cross = Object.assign(document.createElement('div'), {className: 'desk-cross'});
    cover.append(cross);
    pane.element.append(cover);
    this.line.textContent = words;
    cover.focus({preventScroll: true});
    const point = await this._press(pane, cover, cross);
    cover.remove();
    this.line.textContent = '';
    await viewer.setPainting(null);
    if (!point) return null;
    const query = new URLSearchParams({x: Math.floor(point.x), y: Math.floor(point.y)});
    const answer = await fetch(`${viewer.state.base}/pick/${role}?${query}`);
    return answer.ok ? answer.json() : null;
  }

  _press(pane, cover, cross) {
    return new Promise((done) => {
      const room = pane.element.getBoundingClientRect();
      let at = {x: room.width / 2, y: room.height / 2};
      const show = () => Object.assign(cross.style, {left: `${at.x}px`, top: `${at.y}px`});
      show();
      const end = (point) => {
        removeEventListener('keydown', keys, true);
        this.end = null;
        done(point);
      };
      this.end = end;
      const keys = (event) => {
        const step = event.shiftKey ? 20 : 4;
        const move = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]}[event.key];
        if (event.key === 'Escape') end(null);
        else if (event.target === cover && event.key === 'Enter') end(pane.pixelAt(at.x, at.y));
        else if (event.target === cover && move) {
          at = {x: at.x + move[0], y: at.y + move[1]};
          show();
        } else return;
        event.preventDefault();
        event.stopPropagation();
      };
      addEventListener('keydown', keys, true);
      cover.addEventListener('click', (event) => {
        const now = pane.element.getBoundingClientRect();
        end(pane.pixelAt(event.clientX - now.left, event.clientY - now.top));
      });
    });
  }
}
