#pragma once
// MainWindow: arranges the panels and owns the actions. Every command is one QAction; menus, toolbar, palette and tests
// share it.
#include <QDialog>
#include <QDockWidget>
#include <QLabel>
#include <QMainWindow>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QStackedWidget>
#include <QTabWidget>
#include <functional>
#include <map>

#include "viz/look/theme.h"
#include "viz/session/session.h"

namespace meshsim::viz {

class AskPanel;
class ChangesPanel;
class ChartPanel;
class Explorer;
class FilterEdit;
class FindingsPanel;
class FlowPanel;
class GraphView;
class Inspector;
class PolicyPanel;
class SourcePanel;
class StaleBanner;
class StartPage;
class SummaryBar;
class TimelinePanel;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(QWidget* parent = nullptr);
  ~MainWindow() override;

  void open(const QStringList& paths);
  Session& session() { return session_; }
  GraphView& graph() { return *graph_; }
  FlowPanel& flows() { return *flows_; }
  Inspector& inspector() { return *inspector_; }
  Explorer& explorer() { return *explorer_; }
  ChangesPanel& changes() { return *changes_; }
  FindingsPanel& findings() { return *findings_; }
  PolicyPanel& policies() { return *policies_; }
  SourcePanel& source() { return *source_; }
  TimelinePanel& timeline() { return *timeline_; }
  AskPanel& ask() { return *ask_; }
  SummaryBar& summary() { return *summary_; }
  StaleBanner& stale() { return *stale_; }
  StartPage& start_page() { return *start_; }
  FilterEdit& find_edit() { return *find_; }
  FilterEdit& hide_edit() { return *hide_; }
  ChartPanel* chart(const QString& name) const;
  QAction* action(const QString& name) const;
  QList<QAction*> commands() const { return commands_; }
  QDockWidget* dock(const QString& name) const;
  // The widget behind a name of --view, brought to the front; null: there is no such view.
  QWidget* view(const QString& name);
  QStringList view_names() const;
  // Opens the dialog, or gives the menu, of a name that --view takes; null: there is no such one.
  QWidget* dialog(const QString& name);
  QStringList dialog_names() const;
  void restore_default_layout();
  // The panel in front over the whole window, and back.
  void maximise(bool on);
  bool maximised() const { return !before_maximised_.isEmpty(); }
  // Writes what is in front: .png, .svg, .csv by the name. An error text, or empty.
  QString export_view(const QString& path);
  bool save_to(const QString& path);

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void make_panels();
  void make_docks();
  void make_actions();
  void make_menus();
  void connect_session();
  QAction* command(const QString& name, const QString& text, const QKeySequence& keys, const QString& tip,
                   std::function<void()> what, const QString& picture = {});
  QDockWidget* add_dock(const QString& name, const QString& title, QWidget* widget, Qt::DockWidgetArea area);
  void refresh_actions();
  void refresh_title();
  void refresh_recent();
  QDialog* open_palette();
  QMessageBox* open_about();
  QDialog* open_shortcuts();
  QDialog* open_run_until();
  QDialog* edit_labels(const QString& object);
  QMessageBox* ask_to_save();
  void choose_file();
  void choose_folder();
  void save(bool ask_for_name);
  QDialog* edit_policy(const QString& key, const QString& ns);
  void disable_policy(const QString& key);
  void show_source(const QString& file, int line);
  void say(const QString& text);
  void set_theme(ThemeMode mode);
  void set_profile(const QString& name);
  bool may_close();

  Session session_;
  QStackedWidget* pages_;
  StartPage* start_;
  GraphView* graph_;
  FlowPanel* flows_;
  Inspector* inspector_;
  Explorer* explorer_;
  ChangesPanel* changes_;
  FindingsPanel* findings_;
  PolicyPanel* policies_;
  SourcePanel* source_;
  AskPanel* ask_;
  QPlainTextEdit* log_;
  SummaryBar* summary_;
  StaleBanner* stale_;
  FilterEdit *find_, *hide_;
  QLabel *busy_text_, *state_text_;
  QProgressBar* busy_bar_;
  QMenu *recent_menu_ = nullptr, *profile_menu_ = nullptr;
  QList<QAction*> commands_;
  std::map<QString, QDockWidget*> docks_;
  QTabWidget* chart_tabs_ = nullptr;
  TimelinePanel* timeline_ = nullptr;
  std::map<QString, ChartPanel*> charts_;
  QStringList chart_order_;
  QStringList dock_order_;
  QByteArray default_state_, before_maximised_;
};

}  // namespace meshsim::viz
