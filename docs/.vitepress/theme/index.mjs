/** The theme: VitePress's own, with the colours and tables of theme.css. */
import DefaultTheme from 'vitepress/theme';
import './theme.css';

export default DefaultTheme;
