/** The one key of all tests here, so that whoever runs them can look for it in all that they leave behind. */
export const MARKER_KEY = 'sk-Mk7Qz2Xw9Lp4Vn8Rt3Yb6Hd1Js5Gf0Ca';
