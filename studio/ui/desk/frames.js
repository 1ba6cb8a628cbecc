// One frame of a clip, before and after, with a divider between them. The last wish wins; a frame is shown once it has come.

import {Divider} from './divider.js';
import {wireFullScreen} from './full.js';

export class Frames {
  constructor(root) {
    this.root = root;
    this.images = Object.fromEntries(['before', 'after'].map((name) => [name, root.querySelector(`img[data-of=${name}]`)]));
    this.divider = new Divider(root.querySelector('.desk-divider'), (share) => {
      this.images.after.style.clipPath = `inset(0 0 0 ${100 * share}%)`;
    });
    wireFullScreen(root);
  }

  // {before, after, what}: addresses, or null for none, and what a person calls the frame.
  async show(state) {
    this.wish = state;
    const come = await Promise.all(['before', 'after'].map((name) => this._come(state[name])));
    if (this.wish !== state || come.includes(false)) return;
    this.root.classList.toggle('is-empty', !state.before);
    this.divider.element.hidden = !state.after;
    for (const name of ['before', 'after']) {
      const image = this.images[name];
      image.hidden = !state[name];
      if (state[name]) image.src = state[name];
      image.alt = `${state.what}, ${name}`;
    }
    this.root.querySelector('.desk-name').textContent = state.after ? 'Before | after' : 'Ungraded';
  }

  async _come(address) {
    if (!address) return null;
    const image = new Image();
    image.src = address;
    return image.decode().then(() => true, () => false);
  }
}
