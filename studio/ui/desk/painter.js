// Painting on the viewer: the tools, the strokes of a pointer, and the way of a mask to the server.

import {Mask, bytesOf} from './paint.js';

export class Painter {
  constructor(viewer, bar) {
    this.viewer = viewer;
    this.bar = bar;
    this.masks = {};
    this.colors = [];
    this.watched = new WeakSet();
    this.canvas = Object.assign(document.createElement('canvas'), {className: 'desk-mask'});
    this.canvas.setAttribute('aria-hidden', 'true');
    this.ring = Object.assign(document.createElement('div'), {className: 'desk-ring', hidden: true});
    this._wireBar();
    this._wirePointer();
  }

  get role() {
    return this.viewer.painting;
  }

  get tool() {
    return this.bar.querySelector('[data-tool][aria-pressed="true"]').dataset.tool;
  }

  value(name) {
    return Number(this.bar.querySelector(`[data-of="${name}"]`).value);
  }

  _wireBar() {
    for (const button of this.bar.querySelectorAll('[data-tool]'))
      button.addEventListener('click', () => this.choose(button.dataset.tool));
    for (const button of this.bar.querySelectorAll('[data-act]'))
      button.addEventListener('click', () => this[button.dataset.act]());
    for (const input of this.bar.querySelectorAll('input[type=range]'))
      input.addEventListener('input', () => this._changed(input));
    for (const input of this.bar.querySelectorAll('input[type=range]')) this._tell(input);
  }

  choose(tool) {
    for (const button of this.bar.querySelectorAll('[data-tool]'))
      button.setAttribute('aria-pressed', String(button.dataset.tool === tool));
    this.bar.dataset.chosen = tool;
    if (tool !== 'pick') this.colors = [];
    this.draw();
  }

  _tell(input) {
    input.nextElementSibling.textContent = input.dataset.of === 'hard' ? `${input.value} %` : input.value;
  }

  _changed(input) {
    this._tell(input);
    if (['tolerance', 'softness'].includes(input.dataset.of)) this._later(() => this._range());
    if (input.dataset.of === 'feather') this._later(() => this.send());
    this.draw();
  }

  _later(act) {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, 200);
  }

  // Paint on a picture: 'source' or 'reference'; null to end.
  async open(role) {
    if (role && !this.viewer.state?.chosen?.[role]) return this._say(`Choose a ${role} first, then paint on it.`);
    await this.viewer.setPainting(role);
    if (!role) return this.close();
    this.bar.hidden = false;
    this.viewer.root.classList.add('is-painting');
    this.pane = this.viewer.first;
    this.pane.element.append(this.canvas, this.ring);
    this.colors = [];
    await this._load(role);
    this._watch(this.pane);
    this.draw();
    window.reswdBring(this.viewer.root, 'start');
    this.bar.querySelector('[data-tool]').focus({preventScroll: true});
    return undefined;
  }

  // The mask moves with the picture.
  _watch(pane) {
    if (this.watched.has(pane)) return;
    this.watched.add(pane);
    for (const name of ['viewport-change', 'resize', 'animation'])
      pane.viewer.addHandler(name, () => requestAnimationFrame(() => this.draw()));
  }

  close() {
    this.bar.hidden = true;
    this.viewer.root.classList.remove('is-painting');
    this.canvas.remove();
    this.ring.remove();
  }

  async _load(role) {
    const look = this.viewer.state.chosen[role];
    const old = this.masks[role];
    if (old?.look === look.look) return;
    const height = look.previewHeight;
    const mask = new Mask(look.preview, height);
    mask.look = look.look;
    this.masks[role] = mask;
    const bytes = await bytesOf(`${this.viewer.state.base}/mask/${role}.png`, look.preview, height).catch(() => null);
    if (bytes) mask.set(bytes);
  }

  get mask() {
    return this.masks[this.role];
  }

  // Pixels of the mask for a pixel of the whole picture.
  get scale() {
    return this.mask.width / this.pane.size.width;
  }

  _wirePointer() {
    const at = (event) => {
      const room = this.pane.element.getBoundingClientRect();
      return this.pane.pixelAt(event.clientX - room.left, event.clientY - room.top);
    };
    const canvas = this.canvas;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      const point = at(event);
      if (this.tool === 'pick') return this._pick(point);
      canvas.setPointerCapture(event.pointerId);
      this.mask.keep();
      this.last = point;
      this._paint(point, point);
      return undefined;
    });
    canvas.addEventListener('pointermove', (event) => {
      this._ringAt(event);
      if (!this.last) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) {
        const point = at(each);
        this._paint(this.last, point);
        this.last = point;
      }
    });
    for (const end of ['pointerup', 'pointercancel'])
      canvas.addEventListener(end, () => {
        if (!this.last) return;
        this.last = null;
        this.send();
      });
    canvas.addEventListener('pointerleave', () => (this.ring.hidden = true));
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      const room = this.pane.element.getBoundingClientRect();
      const {viewport} = this.pane.viewer;
      const point = viewport.pointFromPixel(new OpenSeadragon.Point(event.clientX - room.left, event.clientY - room.top));
      this.viewer.zoom = 'free';
      viewport.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, point, true);
      viewport.applyConstraints(true);
    }, {passive: false});
  }

  _paint(from, to) {
    const {scale} = this;
    const radius = (this.value('size') / 2 / this.pane.scale()) * devicePixelRatio * scale;
    const [a, b] = [from, to].map((point) => ({x: point.x * scale, y: point.y * scale}));
    this.mask.stroke(a, b, Math.max(0.5, radius), this.value('hard') / 100, this.tool === 'erase');
    this.draw();
  }

  _ringAt(event) {
    const room = this.pane.element.getBoundingClientRect();
    const size = this.value('size');
    this.ring.hidden = this.tool === 'pick';
    Object.assign(this.ring.style, {
      width: `${size}px`, height: `${size}px`,
      left: `${event.clientX - room.left - size / 2}px`, top: `${event.clientY - room.top - size / 2}px`,
    });
  }

  async _pick(point) {
    const {state} = this.viewer;
    const query = new URLSearchParams({x: Math.floor(point.x), y: Math.floor(point.y)});
    const answer = await fetch(`${state.base}/pick/${this.role}?${query}`);
    if (!answer.ok) return;
    const {shown} = await answer.json();
    if (!this.colors.length) this.mask.keep();
    this.colors.push(shown);
    await this._range();
  }

  // The range of the picked colours, together with what was painted before.
  async _range() {
    if (!this.colors.length) return;
    const {mask, role} = this;
    const query = new URLSearchParams({
      colors: this.colors.join(','), tolerance: this.value('tolerance'), softness: this.value('softness'),
    });
    const url = `${this.viewer.state.base}/range/${role}.png?${query}`;
    const bytes = await bytesOf(url, mask.width, mask.height).catch((error) => this._say(error.message));
    const before = mask.steps.at(-1);
    if (!bytes || !before) return;
    mask.set(bytes.map((value, at) => Math.max(value, before[at])));
    this.draw();
    await this.send();
  }

  async send() {
    const {mask, role} = this;
    if (!mask) return;
    const query = new URLSearchParams({feather: this.value('feather')});
    const answer = await fetch(`${this.viewer.state.base}/mask/${role}?${query}`, {method: 'POST', body: await mask.png()});
    if (!answer.ok) return this._say(await answer.text());
    const {share} = await answer.json();
    this._say(share ? `${share < 0.01 ? 'Less than 1' : Math.round(100 * share)} % of the picture is painted.`
      : 'Nothing painted: the whole picture counts.');
    document.querySelector('#painted')?.click();
    return undefined;
  }

  _say(text) {
    this.bar.querySelector('.desk-painted').textContent = text;
    this.bar.hidden = false;
  }

  undo() {
    this.colors = [];
    if (this.mask.back()) this.send();
    this.draw();
  }

  invert() {
    this._change(() => this.mask.invert());
  }

  clear() {
    this._change(() => this.mask.clear());
  }

  _change(act) {
    this.colors = [];
    this.mask.keep();
    act();
    this.draw();
    this.send();
  }

  done() {
    this.open(null);
  }

  draw() {
    if (!this.canvas.isConnected || !this.mask || !this.pane?.size) return;
    const {width, height} = this.pane.element.getBoundingClientRect();
    const sharp = devicePixelRatio;
    if (this.canvas.width !== Math.round(width * sharp)) this.canvas.width = Math.round(width * sharp);
    if (this.canvas.height !== Math.round(height * sharp)) this.canvas.height = Math.round(height * sharp);
    const context = this.canvas.getContext('2d');
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const start = this.pane.placeOf(0, 0), end = this.pane.placeOf(this.pane.size.width, this.pane.size.height);
    const box = [start.x, start.y, end.x - start.x, end.y - start.y].map((value) => value * sharp);
    const feather = this.value('feather') * this.pane.scale();
    context.save();
    context.beginPath();
    context.rect(...box);
    context.clip();  // a soft edge does not spill over the picture's own
    if ('filter' in context) context.filter = feather > 0.3 ? `blur(${feather / 2}px)` : 'none';
    context.drawImage(this.mask.canvas, ...box);
    context.restore();
  }
}
