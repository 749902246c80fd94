/// NIAS_API marks what nias::nias exports; everything else of it is hidden. Used by the public headers.
#pragma once

#define NIAS_API __attribute__((visibility("default")))
