// The entry of the viewer's scripts: finds the viewer's place on the page and lets the page's events reach it.

import {Frames} from './frames.js';
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

const ready = (async () => {
  const root = await found('#desk .desk');
  const viewer = new Viewer(root);
  const help = root.querySelector('.desk-help');
  const ask = () => (help.open ? help.close() : help.showModal());
  root.querySelector('.desk-ask').addEventListener('click', ask);
  help.querySelector('button').addEventListener('click', () => help.close());
  const painter = new Painter(viewer, root.querySelector('.desk-paint'));
  viewer.painter = painter;
  viewer.dropper = new Dropper(viewer);
  root.addEventListener('desk-result', () => painter.close());
  new Scopes(await found('#scopes .scopes'), viewer);
  wireKeys(viewer, {'?': ask});
  return viewer;
})();

const frames = (async () => new Frames(await found('#clip-view .frames')))();
const rounded = (value) => (typeof value === 'number' ? Number(value.toFixed(4)) : value);
const REST = 300; // milliseconds without a move
let resting;

const address = window.reswdDeskAddress;

window.reswdDesk = {
  // The page has a new state: JSON, as studio/ui/desk/component.py makes it.
  async show(text) {
    if (!text) return;
    const state = JSON.parse(text);
    (await ready).show({...state, base: address(state.key)});
  },
  // The tab of clips shows another frame: JSON, as studio/ui/clip/viewer.py makes it.
  async frame(text) {
    if (!text) return;
    const {key, before, after, what} = JSON.parse(text);
    const at = (name) => name && `${address(key)}/frame/${name}`;
    (await frames).show({what, before: at(before), after: at(after)});
  },
  // A slider moves: the names of all controls, and what they say. Once they rest, the page is told.
  async live(names, values) {
    if (values.some((value) => value === null || value === '')) return;  // a field is being typed in
    const {strength, ...trims} = Object.fromEntries(names.map((name, at) => [name, rounded(values[at])]));
    (await ready).live({strength, trims: JSON.stringify(trims)});
    clearTimeout(resting);
    resting = setTimeout(() => document.querySelector('#settle')?.click(), REST);
  },
  // Paint a mask on the source or the reference; again to end.
  async paint(role) {
    const {painter} = await ready;
    await painter.open(painter.role === role ? null : role);
  },
  // Pick a colour in a picture, and write it at the end of a box of colours.
  async pick(role, room, words, isPair) {
    const found = await (await ready).dropper.ask(role, words);
    if (found) window.reswdColors.append(room, isPair ? `${found.own}=${found.own}` : found.shown);
  },
  viewer: () => ready,
};
