#include "viz/look/words.h"

#include <QCoreApplication>

namespace meshsim::viz {

std::string words(const char* text) { return QCoreApplication::translate("Words", text).toStdString(); }

}  // namespace meshsim::viz
