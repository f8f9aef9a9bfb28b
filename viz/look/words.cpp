#include "viz/look/words.h"

#include <QCoreApplication>

namespace meshsim::viz {

std::string words(const char* context, const char* text, const char* comment, int n) {
  return QCoreApplication::translate(context, text, comment, n).toStdString();
}

}  // namespace meshsim::viz
