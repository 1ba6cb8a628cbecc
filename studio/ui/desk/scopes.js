// The scopes: of what the viewer shows, drawn by the server; they follow a slider as the picture does.

const EDGE = 900; // pixels that are looked at along an edge; a scope shows no difference beyond

export class Scopes {
  constructor(root, viewer) {
    this.root = root;
    this.viewer = viewer;
    this.kind = root.querySelector('.scopes-kind');
    this.of = root.querySelector('.scopes-of');
    this.picture = root.querySelector('.scopes-picture');
    for (const choice of [this.kind, this.of]) choice.addEventListener('change', () => this.draw());
    viewer.root.addEventListener('desk-moved', () => this.draw());
    viewer.root.addEventListener('desk-live', (event) => this.draw(event.detail));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  draw(live = null) {
    this.wish = {live};
    if (!this.asking) this._go();
  }

  async _go() {
    this.asking = true;
    while (this.wish) {
      const {live} = this.wish;
      this.wish = null;
      await this._one(live);
    }
    this.asking = false;
  }

  async _one(live) {
    const {state} = this.viewer;
    let name = this.of.value;
    if (!state?.[name]) name = ['after', 'before', 'reference'].find((one) => state?.[one]);
    const across = Math.min(520, Math.round(this.root.clientWidth));
    this.picture.hidden = !name || across < 120;
    if (this.picture.hidden) return;
    const look = state[name];
    const box = this._box(name, look);
    const sharp = Math.min(2, devicePixelRatio);
    const scope = {across: Math.round(across * sharp), down: Math.round(across * 0.62 * sharp)};
    const [from, asked] = this.viewer.source(name, live);
    const query = new URLSearchParams({...box, ...scope, ...asked});
    const url = `${state.base}/${from}/scope/${this.kind.value}.png?${query}`;
    await new Promise((done) => {
      this.picture.onload = this.picture.onerror = done;
      this.picture.src = url;
    });
    const kind = this.kind.selectedOptions[0].textContent;
    this.picture.alt = `${kind} of ${look.name}`;
  }

  // The part of a picture that is seen; all of one that is not seen at the moment.
  _box(name, look) {
    const seen = this.viewer.looked(name);
    const box = seen && (name !== 'reference' || ['sides', 'reference'].includes(this.viewer.mode))
      ? seen : {left: 0, top: 0, width: look.width, height: look.height, w: look.width, h: look.height};
    const scale = Math.min(1, EDGE / Math.max(box.w, box.h));
    return {...box, w: Math.max(1, Math.round(box.w * scale)), h: Math.max(1, Math.round(box.h * scale))};
  }
}
