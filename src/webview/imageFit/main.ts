// Entry point of the image fit page.
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import * as z from 'zod/mini';
import { pageData } from './protocol';
import '../page.css';
import './imageFit.css';
import { ImageFitPage } from './imageFitPage';

// Zod would try `new Function` for speed, which the page's content security policy reports as an attack.
z.config({ jitless: true });

const { texts } = pageData.parse(JSON.parse(document.body.dataset['page'] ?? ''));
new ImageFitPage(document.body, texts).start();
