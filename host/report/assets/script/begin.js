// All files of this folder are one script, in the order of CMakeLists.txt: what one declares the later ones use.
'use strict';
