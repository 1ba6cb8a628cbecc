// A mask that is painted on a pane: a byte for every pixel of the preview, seen as translucent red.

const RED = [255, 48, 32];
const SEEN = 0.55; // opacity where the mask is whole
const KEPT = 12; // steps back

export class Mask {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.bytes = new Uint8ClampedArray(width * height);
    this.steps = [];
    this.canvas = Object.assign(document.createElement('canvas'), {width, height});
    this.context = this.canvas.getContext('2d');
  }

  // Remember how it is now, to come back to.
  keep() {
    this.steps.push(this.bytes.slice());
    if (this.steps.length > KEPT) this.steps.shift();
  }

  back() {
    const last = this.steps.pop();
    if (last) this.bytes = last;
    this.draw();
    return Boolean(last);
  }

  set(bytes) {
    this.bytes.set(bytes);
    this.draw();
  }

  // One dab of the brush: whole within `hard` of its radius, then smoothly less. Dabs do not add up within a stroke.
  dab(x, y, radius, hard, erase) {
    const left = Math.max(0, Math.floor(x - radius)), right = Math.min(this.width, Math.ceil(x + radius) + 1);
    const top = Math.max(0, Math.floor(y - radius)), bottom = Math.min(this.height, Math.ceil(y + radius) + 1);
    const inner = radius * hard;
    const soft = Math.max(1, radius - inner);
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const far = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const t = Math.min(1, Math.max(0, (radius - far) / soft));
        if (!t) continue;
        const value = 255 * t * t * (3 - 2 * t);
        const at = row * this.width + column;
        this.bytes[at] = erase ? Math.min(this.bytes[at], 255 - value) : Math.max(this.bytes[at], value);
      }
    }
    this.draw(left, top, right - left, bottom - top);
  }

  stroke(from, to, radius, hard, erase) {
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    const steps = Math.max(1, Math.ceil(length / Math.max(1, radius / 6)));
    for (let step = 1; step <= steps; step++) {
      const t = step / steps;
      this.dab(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t, radius, hard, erase);
    }
  }

  invert() {
    for (let at = 0; at < this.bytes.length; at++) this.bytes[at] = 255 - this.bytes[at];
    this.draw();
  }

  clear() {
    this.bytes.fill(0);
    this.draw();
  }

  // The mask as a person sees it, of a part that has changed.
  draw(left = 0, top = 0, width = this.width, height = this.height) {
    if (width <= 0 || height <= 0) return;
    const image = this.context.createImageData(width, height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const to = 4 * (row * width + column);
        image.data[to] = RED[0];
        image.data[to + 1] = RED[1];
        image.data[to + 2] = RED[2];
        image.data[to + 3] = this.bytes[(top + row) * this.width + left + column] * SEEN;
      }
    }
    this.context.putImageData(image, left, top);
  }

  share() {
    let sum = 0;
    for (const value of this.bytes) sum += value;
    return sum / (255 * this.bytes.length);
  }

  async png() {
    const grey = Object.assign(document.createElement('canvas'), {width: this.width, height: this.height});
    const image = grey.getContext('2d').createImageData(this.width, this.height);
    this.bytes.forEach((value, at) => image.data.set([value, value, value, 255], 4 * at));
    grey.getContext('2d').putImageData(image, 0, 0);
    return new Promise((done) => grey.toBlob(done, 'image/png'));
  }
}

// The bytes of a grey picture at an address; null where there is none.
export async function bytesOf(url, width, height, options = {}) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(await answer.text());
  const bitmap = await createImageBitmap(await answer.blob());
  if (bitmap.width !== width || bitmap.height !== height) return null;
  const canvas = Object.assign(document.createElement('canvas'), {width, height});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(bitmap, 0, 0);
  const {data} = context.getImageData(0, 0, width, height);
  return Uint8ClampedArray.from({length: width * height}, (_, at) => data[4 * at]);
}
