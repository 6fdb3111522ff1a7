//! What is printed: `subject<TAB>what<TAB>number`, each the median of all windows.

#[derive(Default)]
pub struct Figures(Vec<(&'static str, &'static str, Vec<f64>)>);

impl Figures {
    /// One window's figure.
    pub fn add(&mut self, subject: &'static str, what: &'static str, figure: f64) {
        match self.0.iter_mut().find(|(s, w, _)| (*s, *w) == (subject, what)) {
            Some((_, _, figures)) => figures.push(figure),
            None => self.0.push((subject, what, vec![figure])),
        }
    }

    pub fn print(mut self) {
        for (subject, what, figures) in &mut self.0 {
            figures.sort_by(f64::total_cmp);
            println!("{subject}\t{what}\t{:.4}", figures[figures.len() / 2]);
        }
    }
}
