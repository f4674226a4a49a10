// After the bundle: copy the portal's third-party styles where their script exists, then hold the bundle to its budget.
import { existsSync } from 'node:fs';

const vendor = new URL('./vendor.mjs', import.meta.url);
if (existsSync(vendor)) await import(vendor.href);
await import('./sizes.mjs');
