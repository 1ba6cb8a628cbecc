// The entry of the viewers' scripts: finds the viewers' places on the page and lets the page's events reach them.

import {Dropper} from './dropper.js';
import {wireKeys} from './keys.js';
import {Painter} from './painter.js';
import {Scopes} from './scopes.js';
import {Viewer} from './viewer.js';

const found = (selector) => new Promise((done) => {
  const look = () => {
    const element = document.querySelector(selector);
    if (element) {
      watcher.disconnect();
      done(element);
    }
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, {childList: true, subtree: true});
  look();
});

// A viewer with what belongs to it, by the id of its place on the page.
async function wired(id) {
  const root = await found(`#${id} .desk`);
  const viewer = new Viewer(root);
  const help = root.querySelector('.desk-help');
  const ask = () => (help.open ? help.close() : help.showModal());
  root.querySelector('.desk-ask').addEventListener('click', ask);
  help.querySelector('button').addEventListener('click', () => help.close());
  const bar = root.querySelector('.desk-paint');
  if (bar) {
    const painter = new Painter(viewer, bar);
    viewer.painter = painter;
    viewer.dropper = new Dropper(viewer);
    root.addEventListener('desk-result', () => painter.close());
  }
  new Scopes(await found(`#${id}-scopes .scopes`), viewer);
  wireKeys(viewer, {'?': ask});
  known[id] = viewer;
  return viewer;
}

const known = {}; // those that are there already
const viewers = Object.fromEntries(['desk', 'clip-desk'].map((id) => [id, wired(id)]));
const resting = {};
const rounded = (value) => (typeof value === 'number' ? Number(value.toFixed(4)) : value);
const REST = 300; // milliseconds without a move

const address = window.reswdDeskAddress;

// Gradio says that a slider changed which its button ↺ sets back, but not that a hand moved it, which is what viewers follow.
addEventListener('click', (event) => {
  const slider = event.target.closest?.('.reset-button')?.closest('.block')?.querySelector('input[type=range]');
  if (slider) setTimeout(() => slider.dispatchEvent(new Event('input', {bubbles: true})));  // once it shows its new value
});

window.reswdDesk = {
  // The page has a new state: JSON, as studio/ui/desk/component.py makes it, for the viewer in the place of that id.
  async show(text, id) {
    if (!text) return;
    const state = JSON.parse(text);
    (await viewers[id]).show({...state, base: address(state.key)});
  },
  // A slider moves: the names of all controls, and what they say. Once they rest, the page is told.
  async live(id, names, values) {
    if (values.some((value) => value === null || value === '')) return;  // a field is being typed in
    const {strength, frame, ...trims} = Object.fromEntries(names.map((name, at) => [name, rounded(values[at])]));
    (await viewers[id]).live({strength, trims: JSON.stringify(trims), ...(frame === undefined ? {} : {frame})});
    clearTimeout(resting[id]);
    resting[id] = setTimeout(() => document.querySelector(`#${id}-settle`)?.click(), REST);
  },
  // The number of the last move of a viewer's controls, with which the page is asked for the exact picture.
  moved: (id) => known[id]?.order.moved ?? 0,
  // Paint a mask on the source or the reference; again to end.
  async paint(role) {
    const {painter} = await viewers.desk;
    await painter.open(painter.role === role ? null : role);
  },
  // Pick a colour in a picture, and write it at the end of a box of colours.
  async pick(role, room, words, isPair) {
    const found = await (await viewers.desk).dropper.ask(role, words);
    if (found) window.reswdColors.append(room, isPair ? `${found.own}=${found.own}` : found.shown);
  },
  viewer: (id = 'desk') => viewers[id],
};
