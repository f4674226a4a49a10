import type { FailureKind } from '../dicomweb/client';
import type { MessageKey, Translate } from '../i18n';
import { h } from './dom';
import { icon, type IconName } from './icons';

interface Failure {
  icon: IconName;
  title: MessageKey;
  text: MessageKey;
  action: MessageKey | null;
}

const FAILURES: Record<FailureKind, Failure> = {
  offline: { icon: 'wifi-off', title: 'failOfflineTitle', text: 'failOffline', action: 'retry' },
  session: { icon: 'hourglass-split', title: 'failSessionTitle', text: 'failSession', action: 'failSessionAction' },
  gone: { icon: 'images', title: 'failGoneTitle', text: 'failGone', action: null },
  server: { icon: 'exclamation-triangle', title: 'failServerTitle', text: 'failServer', action: 'retry' },
};

/** What happened and what to do next, over a pane. */
export function failureMessage(t: Translate, kind: FailureKind, act: () => void): HTMLElement {
  const failure = FAILURES[kind];
  const button = failure.action && h('button', { type: 'button', class: 'pv-btn pv-btn--primary', onclick: act }, t(failure.action));
  return message(failure.icon, t(failure.title), t(failure.text), button);
}

/** A calm notice in place of an image. */
export function message(name: IconName, title: string, text: string, extra?: HTMLElement | null | ''): HTMLElement {
  return h('div', { class: 'pv-message', role: 'status' }, icon(name), h('h2', {}, title), h('p', {}, text), extra);
}
