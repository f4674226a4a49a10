const EVERY_MS = 60_000;

export function cookie(name: string): string {
  const found = document.cookie.split('; ').find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
}

/**
 * Tells the portal that a person is really at work, at most once a minute, so that a viewer in use does not end the
 * session. Nothing is sent without an interaction: a page left open does not keep a session alive.
 */
export class KeepAlive {
  private last = 0;

  constructor(private readonly url: string | null, private readonly ended: () => void) {
    if (!url) return;
    for (const event of ['pointerdown', 'keydown', 'wheel'] as const) {
      document.addEventListener(event, () => this.interacted(), { passive: true, capture: true });
    }
  }

  interacted(): void {
    const now = Date.now();
    if (!this.url || now - this.last < EVERY_MS) return;
    this.last = now;
    void this.send(this.url);
  }

  private async send(url: string): Promise<void> {
    try {
      const response = await fetch(url, {
        method: 'POST', credentials: 'same-origin', headers: { 'X-CSRFToken': cookie('csrftoken') },
      });
      if (response.status === 401 || response.status === 403 || response.redirected) this.ended();
    } catch {
      // Off-line: the images say so themselves when one is missing.
    }
  }
}
