/* A shared library that is no plugin; with OF_THE_HOST, one that calls a function that no library has. */
int atelier_stranger(void);
#ifdef OF_THE_HOST
int atelier_of_the_host(void);
int atelier_stranger(void) {
  return atelier_of_the_host();
}
#else
int atelier_stranger(void) {
  return 0;
}
#endif
