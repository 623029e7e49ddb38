/* A shared library that is no plugin. */
int atelier_stranger(void);
int atelier_stranger(void) {
  return 0;
}
