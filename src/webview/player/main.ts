// Entry point of the player page.
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import * as z from 'zod/mini';
import { pageData } from './protocol';
import '../page.css';
import { HostConnection } from './hostConnection';
import './player.css';
import { PlayerPage } from './playerPage';
import { canDecodeAac } from './soundProbe';
import './stage.css';

// Zod would try `new Function` for speed, which the page's content security policy reports as an attack.
z.config({ jitless: true });

const { taskId, texts } = pageData.parse(JSON.parse(document.body.dataset['page'] ?? ''));
new PlayerPage({
  root: document.body,
  host: new HostConnection(),
  taskId,
  texts,
  probe: canDecodeAac(),
}).start();
