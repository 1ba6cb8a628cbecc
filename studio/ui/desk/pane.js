// One picture place of the viewer: an OpenSeadragon viewer with one look, or two with a divider between them.

import {Layer} from './layer.js';

// Tell whoever listens that something of a pane can be seen now.
const tell = (element, name, detail) => element.dispatchEvent(new CustomEvent(name, {bubbles: true, detail}));
const PATIENCE = 1500; // milliseconds that an old look stays below a new one whose tiles do not come

export class Pane {
  constructor(element, name) {
    this.element = element;
    this.name = name;
    this.layers = {};
    this.wanted = {};
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
    const canvas = this.viewer.canvas;
    canvas.setAttribute('role', 'img');
    canvas.tabIndex = 0;
    this.viewer.addHandler('viewport-change', () => this.follow());
    this.viewer.addHandler('animation-finish', () => this.snap());
    new ResizeObserver(() => {
      this.measure();
      this.onResize?.(this);
    }).observe(element);
  }

  // Put looks on the pane, the upper one last: {before: look, after: look}. Whether it was laid into its room anew.
  async show(looks, base, query = '') {
    const first = Object.keys(this.layers).length === 0;
    const size = Object.values(looks)[0];
    const other = !first && (this.size?.width !== size.width || this.size?.height !== size.height);
    this.size = size;
    for (const slot of Object.keys(this.layers)) if (!looks[slot]) this._drop(slot);
    await Promise.all(Object.entries(looks).map(([slot, look]) => this._put(slot, look, base, query)));
    if (first || other) this.fit(true);
    this.follow();
    return first || other;
  }

  async _put(slot, look, base, query) {
    const old = this.layers[slot];
    const key = `${look.look}${query}`;
    if (this.wanted[slot] === key) return;
    this.wanted[slot] = key;
    const layer = new Layer(this.viewer, look, base, query);
    if (!(await layer.ready) || this.wanted[slot] !== key) {
      layer.remove();
      return;
    }
    this.layers[slot] = layer;
    this.follow();
    this._order();
    tell(this.element, 'desk-preview', {slot, look: look.look});
    await this._whole(layer);
    old?.remove();
    this._lift(null);
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

  // The looks in their order, whichever came first; a live picture above all.
  _order() {
    const parts = [...(this.layers.before?.parts ?? []), ...(this.layers.after?.parts ?? [])];
    if (this.live) parts.push(this.live);
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
    if (this.live) {
      const bounds = this.viewer.viewport.getBounds(true);
      const at = this.live.getBounds(true);
      const size = this.live.getContentSize();
      const cut = bounds.x + (this.divided ? this.share * bounds.width : 0);
      const left = Math.min(size.x, Math.max(0, ((cut - at.x) / at.width) * size.x));
      this.live.setClip(new OpenSeadragon.Rect(left, 0, size.x - left, size.y));
      this.live.setOpacity(this.held ? 0 : 1);
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

  // The viewer must know how large its place is now, before the picture is laid into it.
  measure() {
    const {clientWidth: width, clientHeight: height} = this.element;
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

  // A picture of what is looked at, made for this moment; it goes when the look that it stands for has come.
  showLive(url, box) {
    return new Promise((done) => {
      this.viewer.addTiledImage({
        tileSource: {type: 'image', url, buildPyramid: false}, crossOriginPolicy: false, opacity: 1,
        x: box.left / this.size.width, y: box.top / this.size.width, width: box.width / this.size.width,
        success: ({item}) => {
          this._lift(item);
          this.follow();
          tell(this.element, 'desk-live-seen', {});
          done(true);
        },
        error: () => done(false),
      });
    });
  }

  _lift(item) {
    if (this.live && this.viewer.world.getIndexOfItem(this.live) >= 0) this.viewer.world.removeItem(this.live);
    this.live = item;
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
