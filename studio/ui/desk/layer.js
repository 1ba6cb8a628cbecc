// A look on a pane: its preview at once, and its tiles over it once a person looks closer than the preview goes.

const QUIET = {crossOriginPolicy: false, ajaxWithCredentials: true};

export class Layer {
  // viewer: an OpenSeadragon viewer; look: as studio/ui/desk/state.py describes it; base: the address of the page's desk;
  // query: what is asked for beside the address, such as the marks for what is clipped.
  constructor(viewer, look, base, query = '') {
    this.viewer = viewer;
    this.look = look;
    this.base = base;
    this.query = query;
    this.parts = [];
    this.opacity = 1;
    this.share = null;
    this.gone = false;
    this.ready = this._load();
  }

  async _load() {
    const url = `${this.base}/${this.look.look}`;
    const whole = {type: 'image', url: `${url}/whole.jpg${this.query}`, buildPyramid: false};
    const preview = await this._add(whole);
    if (preview === null) return false;
    const {width, height, tile, levels} = this.look;
    this.tiles = await this._add({
      width, height, tileSize: tile, tileOverlap: 0, minLevel: 0, maxLevel: levels - 1,
      getLevelScale: (level) => 1 / 2 ** (levels - 1 - level),
      getTileUrl: (level, x, y) => `${url}/${levels - 1 - level}/${x}_${y}.png${this.query}`,
    });
    this.follow();
    return true;
  }

  _add(tileSource) {
    return new Promise((done) => {
      this.viewer.addTiledImage({
        ...QUIET, tileSource, x: 0, y: 0, width: 1, opacity: 0,
        success: ({item}) => {
          if (this.gone) {
            this.viewer.world.removeItem(item);
            return done(null);
          }
          this.parts.push(item);
          done(item);
        },
        error: () => done(null),
      });
    });
  }

  // Show the tiles, which lose nothing, where the preview would be enlarged, and at 100 %: else they would be fetched for nothing.
  follow() {
    const [preview] = this.parts;
    if (!preview) return;
    const scale = this.pixelsPerPixel();
    const close = this.tiles && (scale * (this.look.width / this.look.preview) > 1.01 || scale > 0.99);
    preview.setOpacity(this.opacity);
    this.tiles?.setOpacity(close ? this.opacity : 0);
    this.close = Boolean(close);
    this._clip();
  }

  // Pixels of the screen for a pixel of the whole picture.
  pixelsPerPixel() {
    const zoom = this.viewer.viewport.getZoom(true) * this.viewer.viewport.getContainerSize().x;
    return (zoom / this.look.width) * devicePixelRatio;
  }

  setOpacity(opacity) {
    this.opacity = opacity;
    this.follow();
  }

  // What lies left of a place of the pane is left out; null for nothing.
  clipAt(x) {
    this.share = x;
    this._clip();
  }

  _clip() {
    const bounds = this.viewer.viewport.getBounds(true);
    for (const part of this.parts) {
      const size = part.getContentSize();
      if (this.share === null) {
        part.setClip(null);
        continue;
      }
      const left = Math.min(size.x, Math.max(0, (bounds.x + this.share * bounds.width) * size.x));
      part.setClip(new OpenSeadragon.Rect(left, 0, size.x - left, size.y));
    }
  }

  // Whether everything that can be seen of it has come.
  isWhole() {
    return this.parts.length > 0 && (!this.close || this.tiles.getFullyLoaded());
  }

  remove() {
    this.gone = true;
    for (const part of this.parts) this.viewer.world.removeItem(part);
    this.parts = [];
  }
}
