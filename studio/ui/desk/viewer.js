// The viewer: panes side by side or one with a divider, in step, with its buttons and keys.

import {Divider} from './divider.js';
import {wireFullScreen} from './full.js';
import {Order} from './order.js';
import {Pane} from './pane.js';

const NAMES = ['before', 'after', 'reference'];
const MODES = ['slider', 'sides', 'after', 'before', 'reference'];

export class Viewer {
  constructor(root) {
    this.root = root;
    this.panes = {};
    this.order = new Order();
    this.state = null;
    this.mode = 'slider';
    this.zoom = 'fit';
    this.query = '';
    this.divider = new Divider(root.querySelector('.desk-divider'), (share) => this._cut(share));
    for (const button of root.querySelectorAll('[data-mode]'))
      button.addEventListener('click', () => this.setMode(button.dataset.mode));
    for (const button of root.querySelectorAll('[data-zoom]'))
      button.addEventListener('click', () => this.setZoom(button.dataset.zoom));
    this._wireHold(root.querySelector('.desk-hold'));
    root.querySelector('.desk-clip').addEventListener('click', () => this.toggleClipping());
    wireFullScreen(root);
  }

  // What is looked at of a picture, to ask for a scope of it; null where there is none.
  looked(name) {
    const pane = this.mode === 'sides' ? this.panes[name] : this.first;
    return pane?.size ? pane.looked() : null;
  }

  // What is to be seen: {base, at, move, paired, before, after, reference}, each look as studio/ui/desk/state.py describes it, or
  // null; of a clip {frame} as well. What was told before is left alone when it comes late: see order.js.
  async show(state) {
    if (!this.order.takes(state)) return;
    if (this.order.rests) this.passing?.abort();  // nobody needs it any more
    const old = this.state;
    this.state = state;
    if (state.after && state.after.look !== old?.after?.look) {
      this.painting = null;
      this.root.dispatchEvent(new CustomEvent('desk-result'));
    }
    this.root.classList.toggle('is-empty', !state.before && !state.after && !state.reference);
    if (!state.after && !['before', 'reference'].includes(this.mode)) this._setMode('before');
    if (state.after && (!old?.after || !this._possible(this.mode))) this._setMode('slider');
    if (state.paired && !old?.paired && this.mode !== 'sides') this._setMode('slider');
    if (!state.before && state.reference) this._setMode('reference');
    if (state.before && !state.after && this.mode === 'reference' && !old?.before) this._setMode('before');
    if (!this._possible(this.mode)) this._setMode(state.before ? 'before' : 'reference');
    await this._paint();
  }

  _possible(mode) {
    const {before, after, reference} = this.state ?? {};
    return {slider: before && after, sides: before && (after || reference), after, before, reference}[mode];
  }

  _setMode(mode) {
    this.mode = mode;
    this.root.dataset.shown = mode;
  }

  async setMode(mode) {
    if (!MODES.includes(mode) || !this._possible(mode)) return;
    const first = this.zoom === 'fit' || !this.first?.size ? null : {pane: this.first, scale: this.first.scale(), ...this.first.view()};
    this._setMode(mode);
    await this._paint(first);
    if (this.zoom === 'fit') this.eachPane((pane) => pane.fit());
  }

  // Show the picture that a mask is painted on, alone; null to go back.
  async setPainting(role) {
    this.painting = role;
    await this._paint();
    if (this.zoom === 'fit') this.eachPane((pane) => pane.fit());
  }

  // Which looks each pane shows in a mode.
  _plan() {
    const {before, after, reference, chosen} = this.state;
    if (this.painting) return {before: {before: chosen[this.painting]}};
    if (this.mode === 'slider') return {before: {before, after}};
    if (this.mode === 'sides') {
      const plan = {before: {before}};
      if (after) plan.after = {after};
      if (reference) plan.reference = {reference};
      return plan;
    }
    if (this.mode === 'after') return {before: before ? {before, after} : {after}};
    return this.mode === 'before' ? {before: {before}} : {reference: {reference}};
  }

  // `first` is how closely one pane was looked at: the others follow it.
  async _paint(first = null) {
    if (!this.state?.base) return;
    for (const button of this.root.querySelectorAll('[data-mode]')) {
      button.setAttribute('aria-pressed', String(button.dataset.mode === this.mode));
      button.disabled = !this._possible(button.dataset.mode);
    }
    if (this.painting && !this.state.chosen[this.painting]) this.painting = null;
    const plan = this.painting || this._possible(this.mode) ? this._plan() : {};
    for (const name of NAMES) this._place(name).hidden = !plan[name];
    const closely = (pane) => {
      if (first && pane?.size) pane.lookLike(first);
    };
    Object.keys(plan).forEach((name) => closely(this.panes[name]));
    this.divider.element.hidden = Boolean(this.painting) || this.mode !== 'slider';
    this.root.querySelector('.desk-hold').disabled = !(this.state.before && this.state.after);
    await Promise.all(Object.entries(plan).map(([name, looks]) => {
      const pane = this._pane(name);
      pane.divided = !this.painting && this.mode === 'slider';
      const slots = name === 'reference' && !this.painting ? {before: looks.reference} : looks;
      this._label(name, slots);
      return pane.show(slots, this.state.base, this.query).then((isNew) => {
        if (isNew) closely(pane);
        if (!first && isNew && Number(this.zoom)) pane.zoomTo(Number(this.zoom));  // it was chosen before the picture came
      });
    }));
    this._cut(this.divider.percent / 100);
    this.root.dataset.look = this.state.after?.look ?? '';
    this.root.dataset.frame = this.state.frame ?? '';
    this._say();
  }

  _label(name, slots) {
    const shown = Object.values(slots).map((look) => look.name);
    const title = this.mode === 'after' && !this.painting ? [this.state.after.name] : shown;
    this._place(name).querySelector('.desk-name').textContent = title.join(' | ');
    const which = this.mode === 'slider' ? `${shown.join(' left of the divider, ')} right of it` : title[0];
    this._pane(name).viewer.canvas.setAttribute('aria-label', `${which}: arrow keys move, plus and minus zoom`);
  }

  _place(name) {
    return this.root.querySelector(`.desk-pane[data-pane="${name}"]`);
  }

  _pane(name) {
    if (!this.panes[name]) {
      const pane = (this.panes[name] = new Pane(this._place(name).querySelector('.desk-canvas'), name, this.order));
      pane.onResize = () => this.zoom === 'fit' && pane.fit();
      pane.viewer.addHandler('viewport-change', () => this._step(pane));
      pane.viewer.addHandler('canvas-scroll', (event) => this._wheel(event));
      pane.viewer.addHandler('canvas-drag', () => (this.zoom = 'free'));
      pane.viewer.addHandler('canvas-pinch', () => (this.zoom = 'free'));
      pane.viewer.addHandler('canvas-double-click', () => (this.zoom = 'free'));
    }
    return this.panes[name];
  }

  // The wheel scrolls the page over a picture that is seen whole, and zooms one that is looked at closely, or with Ctrl held.
  _wheel(event) {
    const zooms = this.zoom !== 'fit' || event.originalEvent.ctrlKey || document.fullscreenElement === this.root;
    if (zooms) this.zoom = 'free';
    else Object.assign(event, {preventDefaultAction: true, preventDefault: false});
  }

  eachPane(act) {
    for (const [name, pane] of Object.entries(this.panes)) if (!this._place(name).hidden) act(pane);
  }

  // The pane that a person looks at first.
  get first() {
    return this.mode === 'reference' && !this.painting ? this.panes.reference : this.panes.before;
  }

  _cut(share) {
    if (!this.panes.before) return;
    this.panes.before.share = share;
    this.panes.before.follow();
  }

  // Panes move in step: what one does, the others do, by the same share of their size on the screen.
  _step(leader) {
    const {viewport} = leader.viewer;
    const now = leader.view();
    const last = leader.last;
    leader.last = now;
    if (last && last.zoom === now.zoom && last.center.equals(now.center)) return this._say();  // it was moved by another
    if (this.stepping || !last || this.mode !== 'sides' || this.zoom === 'fit') return this._say();
    this.stepping = true;
    this.eachPane((pane) => {
      if (pane === leader) return;
      const other = pane.viewer.viewport;
      if (pane.size.width === leader.size.width && pane.size.height === leader.size.height) {
        other.zoomTo(now.zoom, null, true);
        other.panTo(now.center, true);
      } else {
        other.zoomBy(now.zoom / last.zoom, null, true);
        const scale = (now.zoom * viewport.getContainerSize().x) / (other.getZoom(true) * other.getContainerSize().x);
        other.panBy(now.center.minus(last.center).times(scale), true);
      }
      pane.last = pane.view();
    });
    this.stepping = false;
    this._say();
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.eachPane((pane) => {
      if (zoom === 'fit') pane.fit();
      else pane.zoomTo(Number(zoom));
      pane.last = pane.view();  // the others are there already, and need not follow
    });
    this._say();
  }

  zoomBy(factor) {
    this.zoom = 'free';
    const pane = this.first;
    pane?.zoomTo(pane.scale() * factor);
  }

  pan(x, y) {
    this.zoom = 'free';
    const viewport = this.first?.viewer.viewport;
    viewport?.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(x, y)), true);
    viewport?.applyConstraints(true);
  }

  _say() {
    const pane = this.first;
    if (!pane?.size) return;
    this.root.querySelector('.desk-scale').textContent = `${Math.round(pane.scale() * 100)} %`;
    for (const button of this.root.querySelectorAll('[data-zoom]')) {
      const exact = Math.abs(pane.scale() - Number(button.dataset.zoom)) < 0.004;
      button.setAttribute('aria-pressed', String(button.dataset.zoom === 'fit' ? this.zoom === 'fit' : exact));
    }
    clearTimeout(this.told);
    this.told = setTimeout(() => this.root.dispatchEvent(new CustomEvent('desk-moved')), 120);
  }

  // Show the picture as it was for as long as a key or the button is held.
  hold(on) {
    if (!this.panes.before) return;
    this.panes.before.held = on;
    this.root.classList.toggle('is-held', on);
    this.panes.before.follow();
    const name = this._place('before').querySelector('.desk-name');
    if (on) this.named = name.textContent;
    name.textContent = on ? this.state.before.name : this.named ?? name.textContent;
  }

  _wireHold(button) {
    button.addEventListener('pointerdown', () => this.hold(true));
    for (const end of ['pointerup', 'pointerleave', 'pointercancel', 'blur'])
      button.addEventListener(end, () => this.hold(false));
    button.addEventListener('keydown', (event) => [' ', 'Enter'].includes(event.key) && this.hold(true));
    button.addEventListener('keyup', () => this.hold(false));
  }

  async toggleClipping() {
    const button = this.root.querySelector('.desk-clip');
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    this.query = on ? '?clipping=1' : '';
    this.root.querySelector('.desk-legend').hidden = !on;
    await this._paint();
  }

  // Where pieces of a look are asked for as the controls stand in a move, and what is asked: the address, and the query.
  source(name, values) {
    const {frame, ...grade} = values ?? {};
    const graded = name === 'after' ? grade : {};
    if (name !== 'reference' && this.isFar(values)) return [`frame/${frame}`, {...graded, graded: Number(name === 'after')}];
    return [String(this.state[name].look), graded];
  }

  // Whether a move leads to another frame than the one that is shown without haste.
  isFar(values) {
    return values?.frame !== undefined && values.frame !== this.state.frame;
  }

  // Pictures of what is looked at as the controls stand now; the last wish wins.
  async live(values) {
    this.wish = {values, move: this.order.move()};
    if (this.asking) return;
    this.asking = true;
    while (this.wish) {
      const wish = this.wish;
      this.wish = null;
      this.passing = new AbortController();
      if (this.order.mayShow(wish.move)) await this._live(wish, this.passing.signal);
    }
    this.asking = false;
  }

  async _live({values, move}, signal) {
    if (!this.state?.base || this.painting || !this._possible(this.mode)) return;
    const far = this.isFar(values);
    const moving = Object.entries(this._plan()).map(([name, looks]) => {
      const slots = Object.keys(looks).filter((slot) => slot === 'after' || (far && slot === 'before'));
      return [this.panes[name], slots];
    }).filter(([pane]) => pane?.size);
    this.root.dispatchEvent(new CustomEvent('desk-live', {detail: values}));
    await Promise.all(moving.map(([pane, slots]) => {
      const box = pane.looked();
      const urls = slots.map((slot) => {
        const [from, asked] = this.source(slot, values);
        const query = new URLSearchParams({...box, ...asked, ...(this.query ? {clipping: 1} : {})});
        return [slot, `${this.state.base}/${from}/live.jpg?${query}`];
      });
      return pane.showLive(Object.fromEntries(urls), box, move, signal);
    }));
  }
}
