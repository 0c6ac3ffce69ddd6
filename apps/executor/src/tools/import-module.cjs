// Node's own import(), in a file that is not compiled: the compiler makes require() of it, and that takes no module which
// awaits something before it is ready.
module.exports = (url) => import(url);
