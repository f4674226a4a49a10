/**
 * Entry of the viewer inside a ZIP: a classic script in INDEX.HTM, opened from a folder. It lays itself over that page,
 * which stays readable where scripts do not run.
 */
import room from '../src/styles/room.css?inline';
import { listenToKeys } from '../src/ui/keyboard';
import { Loader } from './loader';
import { Look, type Standing } from './look';
import own from './offline.css?inline';
import type { Study } from './study';
import { spoken, wordsOf } from './texts';

declare global {
  interface Window { placaStudy?: Study }
  interface Navigator { deviceMemory?: number }
}

const MEGABYTE = 1024 * 1024;

function start(study: Study): void {
  const folder = document.createElement('div');
  folder.append(...document.body.childNodes);
  folder.querySelector('#unpack')?.remove();
  const host = document.createElement('div');
  host.id = 'viewer';
  document.body.className = 'po';
  document.body.append(host);
  const small = (navigator.deviceMemory ?? 8) <= 4 || window.matchMedia('(pointer: coarse)').matches;
  const kept = (small ? 96 : 320) * MEGABYTE;
  const loader = new Loader(kept);
  let look: Look;
  const speak = (language: Study['language'], standing: Standing | null) => {
    document.documentElement.lang = language;
    look = new Look({ study, loader, ahead: kept / 4, folder, speak: (next) => {
      look.stop();
      speak(next, look.standing);
      host.querySelector('select')?.focus();
    } }, wordsOf(language), host);
    const series = standing?.series ?? study.series[0];
    if (series) look.open(series, standing ?? undefined);
  };
  speak(spoken(navigator.languages, study.language), null);
  look!.greet();
  listenToKeys({
    tool: (tool) => look.select(tool),
    action: (action) => look.act(action),
    pan: (dx, dy) => look.pane.setView({ ...look.pane.view, panX: look.pane.view.panX + dx, panY: look.pane.view.panY + dy }),
    window: (dx, dy) => look.pane.dragWindow(dx, dy),
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !document.querySelector('dialog[open]')) look.escape();
  });
}

const study = window.placaStudy;
if (study) {
  const style = document.createElement('style');
  style.textContent = room + own;
  document.head.append(style);
  document.addEventListener('DOMContentLoaded', () => start(study));
}
