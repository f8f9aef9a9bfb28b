#pragma once
// SourcePanel: the text of a manifest at the line that a finding or a verdict names. Read only.
#include <QLabel>
#include <QPlainTextEdit>
#include <QWidget>

namespace meshsim::viz {

class SourcePanel : public QWidget {
  Q_OBJECT
 public:
  explicit SourcePanel(QWidget* parent = nullptr);
  void show_place(const QString& file, int line);
  QPlainTextEdit* text() { return text_; }

 private:
  QLabel* name_;
  QPlainTextEdit* text_;
};

}  // namespace meshsim::viz
