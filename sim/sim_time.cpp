#include "sim/sim_time.h"
