/** The entry of the page. */
import { render } from 'preact';
import { Shell } from './shell.js';
import './style.css';

const root = document.getElementById('app');
if (root) render(<Shell />, root);
