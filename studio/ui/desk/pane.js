// One picture place of the viewer: an OpenSeadragon viewer with one look, or two with a divider between them.

import {Layer} from './layer.js';

// Tell whoever listens that something of a pane can be seen now.
const tell = (element, name, detail) => element.dispatchEvent(new CustomEvent(name, {bubbles: true, detail}));
const PATIENCE = 1500; // milliseconds that an old look stays below a new one whose tiles do not come

export class Pane {
  // order: which of two pictures stays, as order.js has it.
  constructor(element, name, order) {
    this.element = element;
    this.name = name;
    this.order = order;
    this.layers = {};
    this.wanted = {};
    this.live = {};
    this.divided = false;
    this.share = 0.5;
    this.viewer = OpenSeadragon({
      element, drawer: 'canvas', showNavigationControl: false, crossOriginPolicy: false,
      animationTime: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 0.25,
      minZoomImageRatio: 0.5, maxZoomPixelRatio: 16, visibilityRatio: 0.2, minPixelRatio: 0.9, blendTime: 0,
      immediateRender: true, imageLoaderLimit: 6, maxImageCacheCount: 300, silenceMultiImageWarnings: true,
      gestureSettingsMouse: {clickToZoom: false, dblClickToZoom: true, scrollToZoom: true},
      gestureSettingsPen: {clickToZoom: false}, gestureSettingsTouch: {clickToZoom: false, dblClickToZoom: true},
      keyboardNavEnabled: false, autoResize: false,  // see measure()
    });
    // Tiles as they are: OpenSeadragon would draw each a pixel larger against seams, so that at 100 % a pixel was not a pixel. The
    // preview lies below them.
    this.viewer.drawer.minimumOverlapRequired = () => false;
    const canvas = this.viewer.canvas;
    canvas.setAttribute('role', 'img');
    canvas.tabIndex = 0;
    this.viewer.addHandler('viewport-change', () => this.follow());
    this.viewer.addHandler('animation-finish', () => this.snap());
    new ResizeObserver(() => {
      this.measure();
      this.onResize?.(this);
    }).observe(element.parentElement);
  }

  // Put looks on the pane, the upper one last: {before: look, after: look}. Whether it was laid into its room anew.
  async show(looks, base, query = '') {
    const first = Object.keys(this.layers).length === 0;
    const size = Object.values(looks)[0];
    const other = !first && (this.size?.width !== size.width || this.size?.height !== size.height);
    this.size = size;
    this.shown = looks;
    for (const slot of Object.keys(this.layers)) if (!looks[slot]) this._drop(slot);
    await Promise.all(Object.entries(looks).map(([slot, look]) => this._put(slot, look, base, query)));
    if (first || other) this.fit(true);
    if (this.shown === looks && this.order.rests) this._lift({});
    this.follow();
    return first || other;
  }

  async _put(slot, look, base, query) {
    const old = this.layers[slot];
    const key = `${look.look}${query}`;
    if (this.wanted[slot] === key) return;
    this.wanted[slot] = key;
    const layer = new Layer(this.viewer, look, base, query);
    const came = await layer.ready;
    if (!came || this.wanted[slot] !== key) {
      if (this.wanted[slot] === key) delete this.wanted[slot];  // to be asked for again
      layer.remove();
      return;
    }
    this.layers[slot] = layer;
    this.follow();
    this._order();
    tell(this.element, 'desk-preview', {slot, look: look.look});
    await this._whole(layer);
    old?.remove();
  }

  _drop(slot) {
    this.layers[slot].remove();
    delete this.layers[slot];
    delete this.wanted[slot];
  }

  async _whole(layer) {
    const until = performance.now() + PATIENCE;
    while (!layer.isWhole() && performance.now() < until) await new Promise((done) => setTimeout(done, 30));
  }

  // The looks in their order, whichever came first; live pictures above all.
  _order() {
    const {before, after} = this.layers;
    const parts = [...(before?.parts ?? []), ...(after?.parts ?? []), this.live.before, this.live.after].filter(Boolean);
    const {world} = this.viewer;
    parts.forEach((part) => world.getIndexOfItem(part) >= 0 && world.setItemIndex(part, world.getItemCount() - 1));
  }

  // Follow the view: where the divider cuts, whether tiles are wanted, whether pixels are shown as squares.
  follow() {
    const {before, after} = this.layers;
    before?.follow();
    if (after) {
      after.setOpacity(this.held ? 0 : 1);
      after.clipAt(this.divided ? this.share : null);
    }
    this.live.before?.setOpacity(1);
    if (this.live.after) {
      const bounds = this.viewer.viewport.getBounds(true);
      const at = this.live.after.getBounds(true);
      const size = this.live.after.getContentSize();
      const cut = bounds.x + (this.divided ? this.share * bounds.width : 0);
      const left = Math.min(size.x, Math.max(0, ((cut - at.x) / at.width) * size.x));
      this.live.after.setClip(new OpenSeadragon.Rect(left, 0, size.x - left, size.y));
      this.live.after.setOpacity(this.held ? 0 : 1);
    }
    this.viewer.drawer.setImageSmoothingEnabled(this.scale() < 0.99);
  }

  // Pixels of the screen for a pixel of the picture.
  scale() {
    const layer = this.layers.after ?? this.layers.before;
    return layer ? layer.pixelsPerPixel() : 1;
  }

  // A scale of 1 is 100 %: a pixel of the picture is a pixel of the screen.
  zoomTo(scale, point = undefined) {
    const {viewport} = this.viewer;
    if (!this.size) return;
    const zoom = (scale * this.size.width) / (viewport.getContainerSize().x * devicePixelRatio);
    viewport.zoomTo(zoom, point ?? viewport.getCenter(), true);
    viewport.applyConstraints(true);
    this.snap();
  }

  // Look as closely as another pane did, and at the same place where the pictures are of one size.
  lookLike({pane, scale, center}) {
    this.measure();
    const {width, height} = this.size;
    const same = width === pane.size?.width && height === pane.size?.height;
    this.zoomTo(scale);
    if (same) this.viewer.viewport.panTo(center, true);
    this.snap();
    this.last = this.view();  // it was moved by nobody, and none follows it
  }

  // At whole multiples of its size the picture begins at a whole pixel of the screen: else tiles would meet half a pixel off.
  snap() {
    const scale = this.scale();
    if (!this.size || scale < 0.99 || Math.abs(scale - Math.round(scale)) > 0.005) return;
    const {viewport} = this.viewer;
    const bounds = viewport.getBounds(true);
    const step = this.size.width * scale; // pixels of the screen for the width of the picture
    const [x, y] = [bounds.x, bounds.y].map((from) => Math.round(from * step) / step - from);
    if (Math.max(Math.abs(x), Math.abs(y)) * step > 0.01) viewport.panBy(new OpenSeadragon.Point(x, y), true);
  }

  view() {
    const {viewport} = this.viewer;
    return {zoom: viewport.getZoom(true), center: viewport.getCenter(true)};
  }

  // The viewer must know how large its place is now, before the picture is laid into it. It takes whole pixels of its room, or
  // the browser would stretch what it draws by a part of one.
  measure() {
    const room = this.element.parentElement.getBoundingClientRect();
    const [width, height] = [Math.floor(room.width), Math.floor(room.height)];
    if (width && height) Object.assign(this.element.style, {width: `${width}px`, height: `${height}px`, right: 'auto', bottom: 'auto'});
    const {viewport} = this.viewer;
    const known = viewport.getContainerSize();
    if (!width || !height || (known.x === width && known.y === height)) return;
    viewport.resize(new OpenSeadragon.Point(width, height), true);
    this.viewer.forceRedraw();
  }

  fit(immediately = true) {
    if (!this.size) return;
    this.measure();
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(0, 0, 1, this.size.height / this.size.width), immediately);
  }

  // What is looked at, in pixels of the picture, and how many of the screen's it fills.
  looked() {
    const bounds = this.viewer.viewport.getBounds(true);
    const {width, height} = this.size;
    const left = Math.max(0, Math.floor(bounds.x * width)), top = Math.max(0, Math.floor(bounds.y * width));
    const right = Math.min(width, Math.ceil((bounds.x + bounds.width) * width));
    const bottom = Math.min(height, Math.ceil((bounds.y + bounds.height) * width));
    const box = {left, top, width: Math.max(1, right - left), height: Math.max(1, bottom - top)};
    const scale = Math.min(1, this.scale());
    return {...box, w: Math.max(1, Math.round(box.width * scale)), h: Math.max(1, Math.round(box.height * scale))};
  }

  // Pictures of what is looked at, {before: address, after: address}, made for a move. They are shown together, unless the exact
  // ones have come meanwhile, and go when those come.
  async showLive(urls, box, move, signal) {
    const loaded = await Promise.all(Object.entries(urls).map(async ([slot, url]) => [slot, await this._image(url, box, signal)]));
    const items = Object.fromEntries(loaded.filter(([, item]) => item));
    if (loaded.length > Object.keys(items).length || !this.order.mayShow(move)) {
      for (const item of Object.values(items)) this.viewer.world.removeItem(item);
      return false;
    }
    this._lift(items);
    this._order();
    this.follow();
    if (loaded.length) tell(this.element, 'desk-live-seen', {});
    return true;
  }

  // It is fetched first: OpenSeadragon adds pictures in the order in which they were asked for, and an exact one must not wait for
  // a passing one.
  async _image(url, box, signal) {
    const data = await fetch(url, {signal}).then((answer) => (answer.ok ? answer.blob() : null), () => null).catch(() => null);
    return data && this._add(URL.createObjectURL(data), box);
  }

  _add(url, box) {
    return new Promise((given) => {
      const done = (item) => {
        URL.revokeObjectURL(url);
        given(item);
      };
      this.viewer.addTiledImage({
        tileSource: {type: 'image', url, buildPyramid: false}, crossOriginPolicy: false, opacity: 0,
        x: box.left / this.size.width, y: box.top / this.size.width, width: box.width / this.size.width,
        success: ({item}) => done(item),
        error: () => done(null),
      });
    });
  }

  _lift(items) {
    const {world} = this.viewer;
    for (const item of Object.values(this.live)) if (world.getIndexOfItem(item) >= 0) world.removeItem(item);
    this.live = items;
  }

  // A place of the pane in pixels of the picture.
  pixelAt(x, y) {
    const point = this.viewer.viewport.pointFromPixel(new OpenSeadragon.Point(x, y), true);
    return {x: point.x * this.size.width, y: point.y * this.size.width};
  }

  // A place of the picture, in its pixels, on the pane.
  placeOf(x, y) {
    return this.viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(x / this.size.width, y / this.size.width), true);
  }
}
