#pragma once
// A place in the files as panels show it: folder, file and line tell one from another. The whole path is in the tooltip
// and in the Manifest panel.
#include <QString>

#include "models/resource/object.h"

namespace meshsim::viz {

inline QString short_place(const models::Source& source) {
  return QString::fromStdString(source.text()).section('/', -2);
}

}  // namespace meshsim::viz
