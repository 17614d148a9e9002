/** The view type of the player; the editor keeps it over reloads, and package.json names it. Stable. */
export const PLAYER_VIEW_TYPE = 'nebulaVideo.player';
