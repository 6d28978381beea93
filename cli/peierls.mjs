#!/usr/bin/env node
// Runs the TypeScript sources as they are: no build step can be stale.
import { register } from 'tsx/esm/api';

register();
await import('./run.ts');
