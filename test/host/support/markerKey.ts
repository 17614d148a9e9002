/** The only key in these tests, so that runs can search everything they leave behind for it. */
export const MARKER_KEY = 'sk-Mk7Qz2Xw9Lp4Vn8Rt3Yb6Hd1Js5Gf0Ca';
