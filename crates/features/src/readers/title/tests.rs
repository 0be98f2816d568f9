use super::*;

fn read_words(title: &str) -> String {
    let Title { seniority, function } = read(title);
    format!("{seniority} {function}")
}

#[test]
fn structure_decides() {
    for (title, expected) in [
        ("Executive Assistant to the CEO", "staff administration"),
        ("Assistant to the Director", "staff administration"),
        ("Assistant Director", "director unknown"),
        ("CEO at Acme", "c_level general_management"),
        ("Co-Founder & CEO", "owner general_management"),
        ("Head of Sales, EMEA", "head sales"),
        ("Director de Ventas en Telefónica", "director sales"),
        ("Marketing Manager | Acme", "manager marketing"),
        ("VP, Product Management", "vp product"),
        ("Junior Account Manager", "junior sales"),
        ("Ingeniera de software en prácticas", "intern engineering"),
        ("Estudiante de Derecho", "student legal"),
        ("Encargado/a de tienda", "manager operations"),
        ("Técnico(a) de RR.HH.", "staff hr"),
        ("Lead Developer", "senior engineering"),
        ("Marketing Lead", "manager marketing"),
        ("Sales & Marketing Director", "director sales"),
        ("Responsable de I+D+i", "manager engineering"),
        ("V.P. of Marketing", "vp marketing"),
        ("Markting Manger", "manager marketing"),
        ("Directr Comercial", "director sales"),
        ("HR Business Partner", "staff hr"),
        ("Product Owner", "staff product"),
        ("Process Owner", "staff unknown"),
        ("Sr. Analyst", "senior unknown"),
        ("General Counsel", "c_level legal"),
        ("docente universitario", "staff education"),
        ("Technical Director", "director engineering"),
        ("Regional Technical Director", "director engineering"),
        ("Technical Sales Director", "director sales"),
        ("Director Financiero (CFO)", "c_level finance"),
        ("Director Financiero (CFO) - Iberia", "c_level finance"),
        ("Marketing Director [CMO]", "c_level marketing"),
        ("Head of Finance (CFO)", "c_level finance"),
        ("Director Comercial (reports to CEO)", "director sales"),
        ("PA (CEO)", "staff administration"),
        ("C E O", "c_level general_management"),
        ("C. F. O.", "c_level finance"),
        ("Profesora universitaria", "staff education"),
        ("Estudiante universitario", "student unknown"),
        ("Universitaria", "student unknown"),
        ("PhD student", "student unknown"),
        ("ing. mecánico", "staff engineering"),
        ("Ing. Química", "staff engineering"),
        ("Gte General Mexico", "c_level general_management"),
        ("Gte. General", "c_level general_management"),
        ("Gte Compras", "manager purchasing"),
        ("Ward Manager NHS", "manager health"),
        ("Ex-CEO, now consultant", "staff unknown"),
        ("Consultant (former VP of Sales)", "staff unknown"),
        ("Antiguo director general, profesor", "staff education"),
        ("Previously Head of IT | Marketing Manager", "manager marketing"),
        // What is over says more than nothing.
        ("Former CEO", "c_level general_management"),
        ("Ex-CEO, Acme", "c_level general_management"),
    ] {
        assert_eq!(read_words(title), expected, "{title}");
    }
}

#[test]
fn what_is_no_title() {
    for title in ["", " ", "-", "n/a", "N/A", "asdf", "🚀🚀", "jubilado", "...", "123", "王伟"]
    {
        assert_eq!(read_words(title), "unknown unknown", "{title}");
    }
}

#[test]
fn forms_of_address_say_nothing() {
    for title in ["Sra.", "Sr.", "Mr", "Mrs.", "Sr./Sra.", "Sr"] {
        assert_eq!(read_words(title), "unknown unknown", "{title}");
    }
}

#[test]
fn the_reason_quotes_the_title() {
    let explained = explain("Directora de Marketing");
    assert_eq!(
        explained.why,
        "seniority director because of \"Directora\"; function marketing because of \"Marketing\""
    );
    assert!(explain("n/a").why.contains("nothing in it reads as a job"));
    assert!(explain("Dueña").why.contains("owner because of \"Dueña\""));
}

#[test]
fn the_vocabulary_is_sound() {
    assert_eq!(Vocabulary::get().mistakes(), Vec::<String>::new());
}
